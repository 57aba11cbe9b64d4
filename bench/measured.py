"""Runs one command and measures it; bench/common.py starts this in a process of its own.

usage: measured.py FD COMMAND [ARGUMENT]…     writes one JSON object to the open file FD: wall and cpu (user and system, all
threads) in seconds, rss_mb (peak memory), disk_mb (read from the disk), exit

Why a process in between: Linux counts the memory of the program that starts a command into the command's peak. This one stays small
(some 10 MB), whatever the script that wants the figures has in memory.
"""
import os
import sys
import time


def main():
    report, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(report, False)
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - start
    figures = (f'{{"wall": {wall:.6f}, "cpu": {usage.ru_utime + usage.ru_stime:.6f}, "rss_mb": {usage.ru_maxrss / 1024:.3f}, '
               f'"disk_mb": {usage.ru_inblock * 512 / 1e6:.3f}, "exit": {os.waitstatus_to_exitcode(status)}}}')
    os.write(report, figures.encode())


main()
