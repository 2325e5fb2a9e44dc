# SPDX-License-Identifier: Apache-2.0
"""The entry point: runs a command and turns every way it can end into one line and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from types import FrameType
from typing import NoReturn

import typer

from mtor_transcode.cli.app import app
from mtor_transcode.cli.console import drop, fail, flush, listen, tell
from mtor_transcode.errors import Cancelled, MtorError, UsageError

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
DEBUG = "MTOR_DEBUG"


def main() -> NoReturn:
    """Run ``mtor`` with the process's arguments and exit: 0 done, 1 failed, 2 wrong use, 130 interrupted."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    # Nothing here multiplies large matrices, and starting NumPy's threads for that takes 50 ms.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, _terminate)
    listen()
    sys.exit(_flushed(_run()))


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        return _wrong_use(error)
    except (KeyboardInterrupt, typer.Abort, Cancelled):
        return _interrupted()
    except BrokenPipeError:
        return EXIT_FAILURE
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_FAILURE
    except MtorError as error:
        _trace()
        fail(str(error))
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILURE
    except Exception as error:
        _trace()
        what = f"{type(error).__name__}: {error}"
        fail(f"a bug in mtor: {what} (please report it; {DEBUG}=1 shows the traceback)")
        return EXIT_FAILURE
    return _interrupted() if code == EXIT_INTERRUPTED else int(code or 0)


def _flushed(code: int) -> int:
    """Let go of what is still held; the exit code, of this where all else went well."""
    try:
        flush()
    except (BrokenPipeError, MtorError) as error:
        drop()
        if code == 0 and isinstance(error, MtorError):
            fail(str(error))
        return code or EXIT_FAILURE
    return code


def _wrong_use(error: typer.TyperException) -> int:
    """Click's complaints, in our words; the bare command shows its help."""
    message = error.format_message()
    if "\n" in message:
        tell(message)
    else:
        fail(message)
    return error.exit_code


def _interrupted() -> int:
    fail("interrupted; nothing half-written is left")
    return EXIT_INTERRUPTED


def _trace() -> None:
    if os.environ.get(DEBUG):
        sys.excepthook(*sys.exc_info())


def _terminate(number: int, _: FrameType | None) -> NoReturn:
    """End as if interrupted, so that half-written outputs are removed."""
    raise SystemExit(128 + number)
