# SPDX-License-Identifier: GPL-2.0
"""Background activity during a test: processes that repeat a step until they are stopped."""
import errno
import os
import pickle
import time
import traceback


class Meanwhile:
    """`with Meanwhile(step) as other:` calls step() repeatedly in another process, on another
    processor; other.result is the return value of the last call."""

    def __init__(self, step, processor=1):
        self.step = step
        self.processor = processor
        self.result = None

    def work(self, stop, answer):
        os.sched_setaffinity(0, {self.processor})
        os.set_blocking(stop, False)
        result = None
        while True:
            result = self.step()
            try:
                if os.read(stop, 1) == b"":
                    break
            except BlockingIOError:
                pass
        os.write(answer, pickle.dumps(result))

    def __enter__(self):
        stop, self.stop = os.pipe()
        self.answer, answer = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            status = 1
            try:
                os.close(self.stop)
                os.close(self.answer)
                self.work(stop, answer)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(stop)
        os.close(answer)
        return self

    def __exit__(self, *_):
        os.close(self.stop)
        with os.fdopen(self.answer, "rb") as answer:
            data = answer.read()
        assert os.waitpid(self.pid, 0)[1] == 0
        self.result = pickle.loads(data)


def send_patiently(tap, packet):
    """Send a packet. While the receiver's queue is full, as it may be in a slow kernel, wait."""
    while True:
        try:
            return tap.send(packet)
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            time.sleep(0.1)


def sender(tap, *sent):
    """A step that sends these packets, and returns how many times it has done so."""
    count = 0

    def step():
        nonlocal count
        for packet in sent:
            send_patiently(tap, packet)
        count += 1
        return count
    return step


def paced(step, pause=0.002):
    """The step with a pause after it. Without pauses, a flood keeps RCU callbacks from running, and
    delays everything that waits for them."""
    def paced_step():
        result = step()
        time.sleep(pause)
        return result
    return paced_step
