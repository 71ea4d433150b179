"""The deployed local stack: `up`, `down` and `status`, for the command line, the demo and the end-to-end tests."""

import json
import shlex
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions

from infra.local import deployment, process
from infra.local.process import ROOT, Emulator, alone
from infra.local.work import Work

REGION = "us-east-1"
FOLDER = ROOT / ".local" / "stack"
_KEYS = {
    "PseudonymKeyArn": ("alias/steward-pseudonyms", "HMAC_256", "GENERATE_VERIFY_MAC"),
    "SigningKeyArn": ("alias/steward-evidence", "ECC_NIST_P256", "SIGN_VERIFY"),
}
"""Parameters that name a key: its alias, kind and use."""


@dataclass(frozen=True)
class Stack:
    """A stack that is deployed and running."""

    name: str
    endpoint: str | None
    region: str
    certificate: Path | None
    folder: Path
    outputs: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """What makes any AWS SDK or tool speak to this stack, as its account's root; nothing where it is not local."""
        return _environment(self.endpoint, self.certificate) if self.endpoint and self.certificate else {}

    def work(self) -> Work | None:
        """What functions had still to do a twentieth of a second ago; None where nobody can tell, as on AWS."""
        return Work.read(self.folder) if self.endpoint else None

    def client(self, service: str, **settings: Any) -> Any:
        """A boto3 client of this stack, as its account's root; where it is not local, as the AWS settings say.

        Args:
            service: for example `s3`.
            settings: passed on to boto3, for example other credentials.
        """
        if self.endpoint is None or self.certificate is None:
            return boto3.Session().client(service, **settings)  # type: ignore[call-overload]
        return _client(self.endpoint, self.certificate, service, **settings)


def up(folder: Path = FOLDER) -> Stack:
    """Start the emulator of `folder` unless it runs, and deploy the template unless it is deployed as it stands.

    Raises:
        LocalStackError: the emulator or the deployment failed.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / "up.lock"):
        emulator = process.start(folder)
        deployed = folder / "deployed.json"
        wanted = {"pid": emulator.pid, "port": emulator.port, "fingerprint": deployment.fingerprint()}
        outputs = _outputs(emulator) if deployed.exists() and json.loads(deployed.read_text()) == wanted else None
        if outputs is None:
            deployed.unlink(missing_ok=True)
            with closing(_client(emulator.endpoint, emulator.certificate, "s3")) as s3:
                s3.create_bucket(Bucket=deployment.ARTIFACTS)
            environment = _environment(emulator.endpoint, emulator.certificate)
            parameters = {name: _key(emulator, *key) for name, key in _KEYS.items()}
            wanted["fingerprint"] = deployment.deploy(environment, folder / "deploy.log", parameters=parameters)
            outputs = _outputs(emulator)
            if outputs is None:
                raise process.LocalStackError(f"The stack {deployment.STACK} is not there after its deployment.")
            _protect(emulator, outputs, {})
            staging = deployed.with_name("deployed.json.new")
            staging.write_text(json.dumps(wanted))
            staging.replace(deployed)
        stack = _stack(emulator, outputs)
        (folder / "env").write_text(_shell(stack))
        return stack


def beside(stack: Stack, name: str, **parameters: str) -> Stack:
    """Deploy the template once more, as another stack in the same emulator; it ends when that is stopped.

    Args:
        stack: one that runs.
        name: of the other one.
        parameters: of the template.

    Raises:
        LocalStackError: the deployment failed.
    """
    with alone(stack.folder / "up.lock"):
        emulator = process.start(stack.folder)
        deployment.deploy(stack.environment, stack.folder / f"deploy-{name}.log", name, parameters)
        outputs = _outputs(emulator, name)
        if outputs is None:
            raise process.LocalStackError(f"The stack {name} is not there after its deployment.")
        _protect(emulator, outputs, parameters)
        return _stack(emulator, outputs, name)


def elsewhere(name: str, folder: Path) -> Stack:
    """A stack that others deployed, where the AWS settings point.

    Args:
        name: of the stack.
        folder: for messages: where a local one keeps what it needs.
    """
    session: Any = boto3.Session()
    with closing(session.client("cloudformation")) as cloudformation:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    return Stack(name, None, session.region_name, None, folder, outputs)


def down(folder: Path = FOLDER) -> bool:
    """Stop what `up` started in `folder`; all that the stack held is gone. False if nothing ran."""
    folder = folder.resolve()
    if not folder.exists():
        return False
    with alone(folder / "up.lock"):
        (folder / "deployed.json").unlink(missing_ok=True)
        return process.stop(folder)


def status(folder: Path = FOLDER) -> Stack | None:
    """The stack that runs in `folder`, if one does and is deployed."""
    emulator = process.find(folder.resolve())
    if emulator is None or not process.answers(emulator):
        return None
    outputs = _outputs(emulator)
    return None if outputs is None else _stack(emulator, outputs)


def _stack(emulator: Emulator, outputs: dict[str, str], name: str = deployment.STACK) -> Stack:
    return Stack(name, emulator.endpoint, REGION, emulator.certificate, emulator.folder, outputs)


def _shell(stack: Stack) -> str:
    """What a shell reads: the variables, and the folder of the command `steward` on its PATH, once."""
    variables = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in stack.environment.items())
    commands = shlex.quote(str(ROOT / ".venv" / "bin"))
    return f'{variables}case ":$PATH:" in *:{commands}:*) ;; *) export PATH={commands}:"$PATH" ;; esac\n'


def _environment(endpoint: str, certificate: Path) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_CA_BUNDLE": str(certificate),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def _client(endpoint: str, certificate: Path, service: str, **settings: Any) -> Any:
    defaults = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    session: Any = boto3.Session(region_name=REGION)
    return session.client(service, endpoint_url=endpoint, verify=str(certificate), **(defaults | settings))


def _key(emulator: Emulator, alias: str, kind: str, use: str) -> str:
    """The ARN of a key of the stack; made if it is not there."""
    with closing(_client(emulator.endpoint, emulator.certificate, "kms")) as kms:
        try:
            return str(kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"])
        except botocore.exceptions.ClientError:
            made = kms.create_key(KeySpec=kind, KeyUsage=use)["KeyMetadata"]
            kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
            return str(made["Arn"])


def _protect(emulator: Emulator, outputs: Mapping[str, str], parameters: Mapping[str, str]) -> None:
    """Set retention and replication as the template has them: the emulator's CloudFormation leaves them out."""
    retention = {"Mode": "GOVERNANCE", "Days": 365}
    wanted = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    with closing(_client(emulator.endpoint, emulator.certificate, "s3")) as s3:
        s3.put_object_lock_configuration(Bucket=outputs["LedgerBucketName"], ObjectLockConfiguration=wanted)
        for kind, markers in (("Data", "Enabled"), ("Ledger", "Disabled")):
            if replica := parameters.get(f"Replica{kind}BucketArn"):
                rule = {
                    "ID": "to-the-replica",
                    "Status": "Enabled",
                    "Priority": 1,
                    "Filter": {"Prefix": ""},
                    "DeleteMarkerReplication": {"Status": markers},
                    "Destination": {"Bucket": replica},
                }
                copies = {"Role": outputs["ReplicationRoleArn"], "Rules": [rule]}
                s3.put_bucket_replication(Bucket=outputs[f"{kind}BucketName"], ReplicationConfiguration=copies)


def _outputs(emulator: Emulator, name: str = deployment.STACK) -> dict[str, str] | None:
    with closing(_client(emulator.endpoint, emulator.certificate, "cloudformation")) as cloudformation:
        try:
            (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        except botocore.exceptions.ClientError:
            return None
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
