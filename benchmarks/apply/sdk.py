"""The directory the JavaScript SDK is installed in, as a program: `python -m benchmarks.apply.sdk`.

Installs it first, where that was not done before. Fails with a sentence where it cannot be done.
"""

import json

import pytest

from tests.differential.javascript import installed_sdk


def main() -> None:
    try:
        directory = installed_sdk()
    except pytest.skip.Exception as skipped:
        raise SystemExit(str(skipped)) from skipped
    print(json.dumps({"directory": str(directory)}))


if __name__ == "__main__":
    main()
