#!/usr/bin/env bash
# Deploy what was built, with the AWS credentials of this shell: deploy.sh STACK ENVIRONMENT RELEASE [gradual] [Parameter=value ...]
# Both pipelines use it, so that they do the same. With `gradual`, CodeDeploy shifts the traffic, and an alarm rolls it back. PARAMETERS
# of the environment are the template's too; those of the command line prevail.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

stack=$1 environment=$2 release=$3
shift 3
template=.aws-sam/build/template.yaml
parameters=("Architecture=${STEWARD_ARCHITECTURE:-arm64}" "Environment=$environment")
if [[ ${1:-} == gradual ]]; then
  shift
  template=$(.venv/bin/python infra/pipeline/gradual.py "$template" "$release")
fi

read -ra configured <<< "${PARAMETERS:-}"
parameters+=("${configured[@]}" "$@")
found=$(.venv/bin/python -m infra.deploy "$stack" "${parameters[@]}") # says where it goes; refuses what would fail
read -r region _ quotas <<< "$found"

.local/tools/sam/bin/sam deploy \
  --template-file "$template" --stack-name "$stack" --region "$region" --resolve-s3 --s3-prefix "$stack" \
  --capabilities CAPABILITY_IAM --no-confirm-changeset --no-fail-on-empty-changeset \
  --parameter-overrides "${parameters[@]}" ${quotas:+"$quotas"} \
  --tags "steward:environment=$environment" "steward:release=$release"
