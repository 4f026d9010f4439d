#!/usr/bin/env bash
# Called once by Gradescope, as root, when it builds the image: Python, torch for CPUs, libseccomp.
# The course itself stays in /autograder/source, which answers cannot enter.
set -euo pipefail
umask 022 # answers run as another user, who must be able to read all of this

apt-get update
apt-get install -y --no-install-recommends ca-certificates libseccomp2 python3 python3-venv

# uv knows where torch's builds for CPUs are, and has a Python where the image's own is too old.
python3 -m venv /opt/uv
/opt/uv/bin/python -m pip install --quiet uv
export UV_PYTHON_INSTALL_DIR=/opt/python UV_NO_CACHE=1 UV_LINK_MODE=copy
/opt/uv/bin/uv venv --clear --python ">=3.11,<3.14" /opt/course
/opt/uv/bin/uv pip install --python /opt/course/bin/python --torch-backend cpu \
    --requirements /autograder/source/requirements.txt

# The build fails here, and not at a student's submission, where something is missing.
cd /autograder/source
/opt/course/bin/python -m homework.exports.gradescope_run --try
