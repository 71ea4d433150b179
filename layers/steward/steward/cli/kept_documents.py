"""The documents that are kept of a model, and their revisions."""

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from steward.cli.deployment import Deployment
from steward.cli.terminal import console, draw_table, print_json
from steward.cli.written_files import write_file
from steward.documentation.release_notes import ReleasedVersion, release_notes
from steward.errors import StewardError
from steward.events import ObjectRef
from steward.governance.document_history import DocumentHistory, DocumentRevision
from steward.markup.html import to_html
from steward.markup.markdown import to_markdown
from steward.repositories.artifacts import ArtifactCatalogue
from steward.repositories.released_versions import StoredVersion, read_version
from steward.store import keys
from steward.store.bucket import Bucket


def show_history(data: Bucket, model: str, *, as_json: bool) -> None:
    """Print each document with its revisions, the newest last."""
    history = _history(data, model)
    if as_json:
        print_json(history.documents)
        return
    drawn = draw_table(f"Documents of {model}", "document", "revision", "as of", "sources", whole=("revision", "as of"))
    for name, revisions in sorted(history.documents.items()):
        for one in revisions:
            drawn.add_row(name, one.revision, f"{one.as_of:%Y-%m-%d %H:%M}", str(len(one.sources)))
    console.print(drawn)


def download(data: Bucket, model: str, folder: Path) -> None:
    """Write the files of the newest revision of each document, verified by their hashes."""
    for name, revisions in sorted(_history(data, model).documents.items()):
        for stored in revisions[-1].files:
            ending = keys.file_name(stored.key).partition(".")[2]
            target = folder / f"{name}.{ending}"
            write_file(target, data.get_verified(stored))
            console.print(str(target), soft_wrap=True, markup=False)


def show_difference(data: Bucket, model: str, names: tuple[str, str]) -> None:
    """Print what differs between two revisions, line by line; a document stands for its newest revision.

    Raises:
        StewardError: there is no such revision, or several begin so.
    """
    history = _history(data, model)
    sides = [_find(history, name) for name in names]
    texts = [data.get_verified(_text(revision)).decode().splitlines() for _, revision in sides]
    labels = [f"{name} {revision.revision}" for name, revision in sides]
    lines = list(unified_diff(texts[0], texts[1], labels[0], labels[1], lineterm=""))
    console.print("\n".join(lines) if lines else "No difference.", soft_wrap=True, markup=False, highlight=False)


def write_notes(deployment: Deployment, model: str, versions: tuple[str, str], folder: Path) -> None:
    """Write the release notes between two versions.

    Raises:
        StewardError: one of them was never judged.
    """
    before, after = (_version(deployment.data, model, version) for version in versions)
    entries = [
        entry
        for entry in deployment.ledger.entries(model)
        if entry.subject == after.manifest.version and entry.action != "version_attested"
    ]
    sides = [ReleasedVersion(one.spec, one.manifest, one.evaluation, one.dataset) for one in (before, after)]
    sources = tuple(dict.fromkeys((*before.sources, *after.sources)))
    document = release_notes(sides[0], sides[1], entries, sources)
    name = f"{model}-{before.manifest.version}-{after.manifest.version}"
    for ending, text in (("md", to_markdown(document)), ("html", to_html(document))):
        target = folder / f"{name}.{ending}"
        write_file(target, text.encode())
        console.print(str(target), soft_wrap=True, markup=False)


def _version(data: Bucket, model: str, version: str) -> StoredVersion:
    catalogue = ArtifactCatalogue(data, model)
    name = catalogue.manifest_of(catalogue.find(version)).version
    found = read_version(data, model, name)
    if found is None:
        raise StewardError(f"version {name} was never judged, or its dataset is not here: there is nothing to tell")
    return found


def _history(data: Bucket, model: str) -> DocumentHistory:
    found = data.load_if_present(keys.document_history(model), DocumentHistory)
    if found is None or not found.documents:
        raise StewardError(
            f"no document is kept of {model} yet: the first are written within minutes of its first version; "
            f"`steward log {model}` shows what happened"
        )
    return found


def _find(history: DocumentHistory, name: str) -> tuple[str, DocumentRevision]:
    if newest := history.newest(name):
        return name, newest
    found = list(_beginning(history, name))
    if len(found) != 1:
        many = "no revision begins" if not found else f"{len(found)} revisions begin"
        raise StewardError(f"{many} with {name!r}; `steward docs {history.model}` lists documents and revisions")
    return found[0]


def _beginning(history: DocumentHistory, prefix: str) -> Iterator[tuple[str, DocumentRevision]]:
    for name, revisions in history.documents.items():
        for one in revisions:
            if one.revision.startswith(prefix):
                yield name, one


def _text(revision: DocumentRevision) -> ObjectRef:
    """The file of a revision that is compared: Markdown where there is one."""
    return min(revision.files, key=lambda stored: (not stored.key.endswith(".md"), stored.key))
