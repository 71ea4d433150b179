"""The emulator's own process: `python emulator.py FOLDER`, run by the Python that has MiniStack.

It holds a lock on FOLDER/lock for as long as it lives, so that whoever holds the lock is this emulator and no other
process, whatever its number. It writes FOLDER/emulator.json, makes a certificate for loopback, and becomes MiniStack.
"""

import fcntl
import hashlib
import json
import os
import resource
import runpy
import shutil
import socket
import sys
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TextIO

# The script's own folder is where Python looks for these.
import async_invocations
import batching_windows
import certificate
import delivery_streams
import invocations
import running_invocations
import work
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services.cloudformation import engine

REGION = "us-east-1"
ACCOUNT = "000000000000"
KEPT_FROM_THE_CALLER = ("HOME", "LANG", "LC_ALL", "PATH", "TZ")


def main(folder: Path) -> None:
    """Take the folder, prepare it, and become MiniStack."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    if not taken(lock):
        sys.exit(f"An emulator already runs in {folder}.")
    for leftover in ("tmp", "state"):
        shutil.rmtree(folder / leftover, ignore_errors=True)
        (folder / leftover).mkdir()
    port = free_port()
    certificate.certify(folder, write)
    write(folder / "emulator.json", json.dumps({"pid": os.getpid(), "port": port}))
    environment = {name: os.environ[name] for name in KEPT_FROM_THE_CALLER if name in os.environ} | settings(
        folder, port
    )
    os.environ.clear()
    os.environ.update(environment)
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    # As `ministack --detach` does. Its foreground command would also take port 443 where it may.
    serve = f"ministack.app:app --workers 0 --bind 127.0.0.1:{port} --keep-alive 75 --log-level INFO".split()
    secure = ["--certfile", str(folder / "certificate.pem"), "--keyfile", str(folder / "key.pem")]
    sys.argv = ["hypercorn", *serve, *secure]
    know_schedule_groups()
    know_deleted_versions()
    know_conditions_of_writes()
    know_roles_of_sessions()
    keep_versions_of_copies()
    join_in_conditions()
    share_unpacked_layers(folder / "tmp" / "unpacked")
    invoked = async_invocations.install()
    batching_windows.install(lambda: invoked.in_work)
    invocations.install(folder / invocations.FILE)
    running_invocations.install()
    delivery_streams.install()
    work.report(folder, lambda: invoked.in_work, write)
    runpy.run_module("hypercorn", run_name="__main__")


def know_schedule_groups() -> None:
    """Let IAM see which group a schedule is in: MiniStack 1.5.33 takes every schedule to be in the group `default`."""
    extract = iam_actions.extract_resource_arn

    def extract_resource_arn(*request: Any) -> str:
        _service, _method, _path, _headers, body, query_params, _region, _account = request
        arn: str = extract(*request)
        if ":schedule/default/" not in arn:
            return arn
        asked = json.loads(body) if body else {}
        (group,) = query_params.get("groupName", [asked.get("GroupName", "default")])
        return arn.replace(":schedule/default/", f":schedule/{group}/")

    iam_actions.extract_resource_arn = extract_resource_arn


def know_deleted_versions() -> None:
    """Let IAM see that DeleteObjects names versions: MiniStack 1.5.33 asks for s3:DeleteObject."""
    extract = iam_actions.extract_iam_action

    def extract_iam_action(*request: Any) -> Any:
        service, method, path, _headers, body, query_params = request
        action = extract(*request)
        if service != "s3" or method != "POST" or "delete" not in query_params:
            return action
        targets = iam_actions._s3_batch_delete_targets(path.strip("/"), body)  # noqa: SLF001 - it has no other name
        return "s3:DeleteObjectVersion" if targets and targets[0][1] else action

    iam_actions.extract_iam_action = extract_iam_action


def know_conditions_of_writes() -> None:
    """Let IAM see what is published and whether a write is create-only: MiniStack 1.5.33 has no such condition keys."""
    tags, objects = iam_actions.request_tag_context, iam_actions.s3_service_context

    def request_tag_context(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        found: dict[str, Any] = tags(service, action, body, params)
        entries = json.loads(body).get("Entries", []) if action == "events:PutEvents" else []
        for key, field in {"events:source": "Source", "events:detail-type": "DetailType"}.items():
            values = {entry.get(field) for entry in entries}
            found |= {key: values.pop()} if len(values) == 1 else {}  # of several, AWS decides about each
        return found

    def s3_service_context(action: str, params: Any, path: str = "", headers: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = objects(action, params, path, headers)
        if action == "s3:PutObject":
            creates = "uploads" not in (params or {}) and "partNumber" not in (params or {})
            found["s3:ObjectCreationOperation"] = str(creates).lower()
            found |= {f"s3:{name}": headers[name] for name in ("if-none-match", "if-match") if name in (headers or {})}
        return found

    iam_actions.request_tag_context = request_tag_context
    iam_actions.s3_service_context = s3_service_context


def know_roles_of_sessions() -> None:
    """Let conditions see the role of a session: MiniStack 1.5.33 gives them the session for `aws:PrincipalArn`."""
    resolve = iam_evaluator._resolve_condition_key  # noqa: SLF001 - it has no other name

    def resolve_condition_key(key: str, request: Any) -> Any:
        found = resolve(key, request)
        if key.lower() == "aws:principalarn" and ":assumed-role/" in found:
            account, role = found.split(":")[4], found.split("/")[1]
            return f"arn:aws:iam::{account}:role/{role}"
        return found

    iam_evaluator._resolve_condition_key = resolve_condition_key  # noqa: SLF001


def keep_versions_of_copies() -> None:
    """Give what S3 copies to a replica the version id of its original: MiniStack 1.5.33 makes a new one."""
    from ministack.services import s3  # noqa: PLC0415 - it reads the environment when imported

    record = s3._record_object_version  # noqa: SLF001 - it has no other name

    def record_object_version(bucket: str, key: str, before: Any, stored: dict[str, Any], body: Any) -> Any:
        version = record(bucket, key, before, stored, body)
        if "_replica" in stored:  # the copy was made just before
            place, made, account = stored["_replica"]
            for copied in s3._object_versions[place, key]:  # noqa: SLF001
                if copied["version_id"] == made:
                    copied["version_id"] = version
            s3._buckets[place]["objects"][key]["version_id"] = version  # noqa: SLF001
            stored["_replica"] = place, version, account
        return version

    s3._record_object_version = record_object_version  # noqa: SLF001


def join_in_conditions() -> None:
    """Let conditions join a list of parameters: MiniStack 1.5.33 takes the function itself for its value."""
    evaluate = engine._evaluate_conditions  # noqa: SLF001 - it has no other name

    def joined(part: Any, params: Any) -> Any:
        if isinstance(part, list):
            return [joined(one, params) for one in part]
        if not isinstance(part, dict):
            return part
        if "Fn::Join" in part and "Ref" in part["Fn::Join"][1]:
            separator, listed = part["Fn::Join"]
            return separator.join(str(params[listed["Ref"]]["Value"]).split(","))
        return {name: joined(one, params) for name, one in part.items()}

    def evaluate_conditions(template: dict[str, Any], params: dict[str, Any]) -> Any:
        return evaluate({**template, "Conditions": joined(template.get("Conditions", {}), params)}, params)

    for name, module in list(sys.modules.items()):
        if name.startswith("ministack.services.cloudformation") and hasattr(module, "_evaluate_conditions"):
            setattr(module, "_evaluate_conditions", evaluate_conditions)  # noqa: B010


def share_unpacked_layers(folder: Path) -> None:
    """Unpack each archive once, and link to it: MiniStack 1.5.33 unpacks 140 MB whenever a function starts."""
    unpacking = threading.Lock()

    class Shared(zipfile.ZipFile):
        """An archive whose unpacked contents all that ask for them share. Nobody writes there."""

        def namelist(self) -> list[str]:
            return sorted({name.split("/")[0] for name in super().namelist()})

        def extractall(self, path: Any = None, *_: Any, **__: Any) -> None:
            contents = repr([(entry.filename, entry.CRC) for entry in self.infolist()])
            whole = folder / hashlib.sha256(contents.encode()).hexdigest()
            with unpacking:
                if not whole.exists():
                    staging = whole.with_suffix(".new")
                    super().extractall(staging, super().namelist())
                    staging.replace(whole)
            for part in whole.iterdir():
                (Path(path) / part.name).symlink_to(part)

    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": Shared})


def taken(lock: TextIO) -> bool:
    """Take the lock, if nobody holds it for more than the moment that it takes to look."""
    for _ in range(20):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def settings(folder: Path, port: int) -> dict[str, str]:
    """What MiniStack reads, and what each function's process inherits from it."""
    bundle = str(folder / "certificate.pem")
    return {
        "AUTH": "true",  # enforce IAM: each function runs under its own role
        "AWS_CA_BUNDLE": bundle,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",  # it would listen on port 8883 of every interface
        "LAMBDA_WARM_TTL_SECONDS": "600",  # a process that is reaped costs seconds to start again
        "LOG_LEVEL": "INFO",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "MINISTACK_SSL_CERT": bundle,
        "MINISTACK_SSL_KEY": str(folder / "key.pem"),
        "PYTHONUNBUFFERED": "1",
        "STATE_DIR": str(folder / "state"),
        "TMPDIR": str(folder / "tmp"),
        "USE_SSL": "true",  # the buckets' policies refuse everything else
    }


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write the file whole or not at all."""
    staging = path.with_name(path.name + ".new")
    staging.touch(mode)
    staging.write_text(text)
    staging.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
