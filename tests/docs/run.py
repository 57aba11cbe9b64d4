#!/usr/bin/env python3
"""Runs every example of the user guide, in order, in an empty folder. usage: run.py PROGRAM GUIDE

An example is a fenced block that begins with ```sh. All of them are one script, run by `sh -eu` with the program on the path."""
import os
import re
import subprocess
import sys
import tempfile


def main():
    program, guide = os.path.abspath(sys.argv[1]), sys.argv[2]
    with open(guide, encoding="utf-8") as file:
        examples = re.findall(r"^```sh\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)
    if not examples:
        sys.exit(f"{guide} has no examples")
    with tempfile.TemporaryDirectory() as folder:
        bin_folder, work = os.path.join(folder, "bin"), os.path.join(folder, "work")
        os.mkdir(bin_folder)
        os.mkdir(work)
        os.symlink(program, os.path.join(bin_folder, "sojourn"))
        environment = dict(os.environ, PATH=bin_folder + os.pathsep + os.environ["PATH"])
        for number, example in enumerate(examples, 1):
            done = subprocess.run(["sh", "-eu", "-c", example], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if done.returncode != 0:
                sys.exit(f"example {number} of {guide} failed ({done.returncode}):\n{example}\n"
                         + done.stdout.decode("utf-8", "replace"))
    print(f"{len(examples)} examples ran")


main()
