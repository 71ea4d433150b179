"""Register this folder as a version of an MLflow model: `python register.py`, with MLFLOW_TRACKING_URI set.

`steward export --format mlflow` puts it beside `MLmodel` and `registry.json`. It needs `mlflow` alone, and loads no
artifact. Params, metrics and tags go to a run; the folder is its artifact; the version of the registered model has the
description and the tags.
"""

import json
import sys
from pathlib import Path


def register(folder: Path) -> str:
    """Register the folder; the number of the version in MLflow."""
    from mlflow.entities import Metric, Param, RunTag  # noqa: PLC0415 - no other command needs it
    from mlflow.exceptions import MlflowException  # noqa: PLC0415
    from mlflow.tracking import MlflowClient  # noqa: PLC0415

    client, known = MlflowClient(), json.loads((folder / "registry.json").read_text(encoding="utf-8"))
    model, version, data = known["registered_model"], known["model_version"], known["run"]["data"]
    experiment = client.get_experiment_by_name(model["name"])
    identity = experiment.experiment_id if experiment else client.create_experiment(model["name"])
    run = client.create_run(identity, run_name=version["version"]).info.run_id
    client.log_batch(
        run,
        metrics=[Metric(one["key"], one["value"], one["timestamp"], one["step"]) for one in data["metrics"]],
        params=[Param(one["key"], one["value"]) for one in data["params"]],
        tags=[RunTag(one["key"], one["value"]) for one in data["tags"]],
    )
    client.log_artifacts(run, str(folder), "model")
    client.set_terminated(run)
    try:
        client.create_registered_model(
            model["name"], {one["key"]: one["value"] for one in model["tags"]}, model["description"]
        )
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{client.get_run(run).info.artifact_uri}/model"
    tags = {one["key"]: one["value"] for one in version["tags"]}
    made = client.create_model_version(model["name"], source, run, tags=tags, description=version["description"])
    return str(made.version)


if __name__ == "__main__":
    print(register(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent))
