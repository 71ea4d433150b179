"""A function that nearly fills Lambda's limit fails the build, before the next library does."""

from pathlib import Path

import pytest
import yaml

from infra.deploy.sizes import LIMIT, function_sizes, main, too_large

TEMPLATE = {
    "Resources": {
        "LayerBig": {"Type": "AWS::Serverless::LayerVersion"},
        "LayerSmall": {"Type": "AWS::Serverless::LayerVersion"},
        "Train": {
            "Type": "AWS::Serverless::Function",
            "Properties": {"Layers": [{"Ref": "LayerBig"}, {"Ref": "LayerSmall"}]},
        },
        "Alert": {"Type": "AWS::Serverless::Function", "Properties": {"Layers": [{"Ref": "LayerSmall"}]}},
    }
}


def build(folder: Path, big: int) -> Path:
    for name, size in {"LayerBig": big, "LayerSmall": 20, "Train": 1, "Alert": 2}.items():
        (folder / name / "python").mkdir(parents=True)
        with (folder / name / "python" / "file").open("wb") as file:
            file.truncate(size)
    (folder / "template.yaml").write_text(yaml.safe_dump(TEMPLATE))
    return folder


def test_a_function_counts_with_its_own_layers(tmp_path: Path) -> None:
    assert function_sizes(build(tmp_path, 300), TEMPLATE) == {"Train": 321, "Alert": 22}


def test_the_last_five_percent_are_not_to_be_filled() -> None:
    edge = LIMIT * 95 // 100
    assert too_large({"fits": edge, "fills": edge + 1}) == ["fills"]


@pytest.mark.parametrize(("big", "said"), [(LIMIT * 97 // 100, "less than 5% to spare: Train"), (LIMIT * 9 // 10, "")])
def test_the_command_fails_where_one_is_too_large(
    tmp_path: Path, big: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = build(tmp_path, big)
    if said:
        with pytest.raises(SystemExit, match=said):
            main([str(folder)])
    else:
        main([str(folder)])
    assert "Alert" in capsys.readouterr().out
