"""Processes of ours that begin where importing ends: one process that has imported a program forks for each start.

Started by `processes.py` as `python nursery.py SOCKET MODULE`; ends when its standard input does, so nothing outlives a
killed run. A process born here is a process like any other: environment, folder, standard files, signals and exit code
are its own, and the program runs as `python -m` runs it. Only the imports of MODULE, those that the program would have
made itself, are done already.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from typing import Any, NoReturn

LONGEST = 1_000_000  # bytes of a request: words, folder and environment


def attend(listening: socket.socket) -> dict[str, Any]:
    """Fork for each request until standard input ends. Returns in the new process alone, with what it is to become."""
    while True:
        ready, _, _ = select.select([listening, sys.stdin.fileno()], [], [])
        with suppress(ChildProcessError):  # bury who ended since
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        if listening not in ready:
            os._exit(0)
        asking, _address = listening.accept()
        if os.fork() == 0:
            listening.close()
            return watched(asking)
        asking.close()


def watched(asking: socket.socket) -> dict[str, Any]:
    """Fork the process that was asked for, tell its number, and in the end how it ended."""
    told, files, _flags, _address = socket.recv_fds(asking, LONGEST, 3)
    child = os.fork()
    if child == 0:
        asking.close()
        for place, file in enumerate(files):
            os.dup2(file, place)
            os.close(file)
        request: dict[str, Any] = json.loads(told)
        return request
    for file in files:
        os.close(file)
    asking.send(f"{child}\n".encode())
    _pid, status = os.waitpid(child, 0)
    with suppress(OSError):  # perhaps nobody waits for it any more
        asking.send(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def become(request: dict[str, Any]) -> int:
    """Run a module in this process as `python -m` does. Returns the exit code."""
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    sys.argv = [request["module"], *request["words"]]
    sys.modules.pop(request["module"] if "." in request["module"] else "", None)  # it runs afresh, as a program
    gc.enable()
    try:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
            return 1
        return ended.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def end(code: int) -> NoReturn:
    """End as a program ends, but leave the unloading of modules, half a second, to the kernel."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(address: str, module: str) -> None:
    """Import, listen, and in each process that is asked for become the program."""
    gc.disable()
    importlib.import_module(module)
    gc.freeze()  # what was imported is nobody's garbage
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(address)
    listening.listen(16)
    end(become(attend(listening)))


if __name__ == "__main__":
    main(*sys.argv[1:])
