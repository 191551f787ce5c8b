#!/usr/bin/python3
"""Times whole commands, both sides of each comparison in turn, several rounds, and prints medians, ratios and targets.

    tests/bench/commands.py BUILD_DIR [--rounds 5] [--hours 10] [--only WORD] [--keep DIR]

BUILD_DIR is configured with EARSHOT_BENCH=ON. Needs ffmpeg with libmp3lame and libopus, Debian's python3-torchaudio, and 4 GB of disk for 10 hours of
WAV. Exits 1 if a target is missed. Comparisons of programs on one thread go by processor time, which other work on
the machine disturbs least; the others by wall time, so run them on a quiet machine.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent


class Use:
    """What one run took."""

    def __init__(self, command, env=None, report=None):
        began = time.perf_counter()
        run = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env={**os.environ, **(env or {})})
        out, error = run.stdout.read(), run.stderr.read()
        _, status, use = os.wait4(run.pid, 0)
        self.wall_s = time.perf_counter() - began
        run.returncode = os.waitstatus_to_exitcode(status)
        if run.returncode:
            sys.exit(f"status {run.returncode}: {' '.join(map(str, command))}\n{error.decode()}")
        self.processor_s = use.ru_utime + use.ru_stime
        self.peak_mb = use.ru_maxrss / 1024
        if report:  # the program has measured itself
            self.processor_s, self.wall_s = report(out.decode())


class Bench:
    def __init__(self, arguments):
        self.build = pathlib.Path(arguments.build).resolve()
        self.earshot = self.build / "bin" / "earshot"
        self.rounds, self.hours, self.only = arguments.rounds, arguments.hours, arguments.only
        self.directory = pathlib.Path(arguments.keep or tempfile.mkdtemp(prefix="earshot-bench-"))
        self.directory.mkdir(exist_ok=True)
        self.missed = 0

    def runs(self, *commands, rounds=None):
        """Medians of the commands, run in turn; the first round only warms up."""
        uses = [[] for _ in commands]
        for round_ in range((rounds or self.rounds) + 1):
            for command, taken in zip(commands, uses):
                use = command()
                if round_ or rounds == 1:
                    taken.append(use)
        def median(taken, field):
            return statistics.median(getattr(use, field) for use in taken)
        return [argparse.Namespace(**{field: median(taken, field) for field in ("wall_s", "processor_s", "peak_mb")})
                for taken in uses]

    def line(self, what, sides, ratio, target, at_most):
        met = ratio <= target if at_most else ratio >= target
        self.missed += not met
        print(f"{what:<58} {sides:<34} {ratio:8.2f} {'<=' if at_most else '>='} {target:<7g} {'' if met else 'MISSED'}",
              flush=True)

    def recording(self, name, make):
        """A directory with audio.* and labels.json, made once."""
        directory = self.directory / name
        path = directory / f"audio{pathlib.Path(name).suffix}"
        if not path.exists():
            directory.mkdir(exist_ok=True)
            (directory / "labels.json").write_text(
                json.dumps({f"{minute:02}:00": "odd" if minute % 2 else "even" for minute in range(10)}))
            make(path)
        return path

    def ffmpeg(self, *words):
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, words)], check=True)

    def ten_minutes(self, number=0):
        return self.recording(f"ten{number}.mp3", lambda path: self.ffmpeg(
            "-f", "lavfi", "-i", f"anoisesrc=c=pink:a=0.3:r=44100:d=600:seed={2 * number + 1}",
            "-f", "lavfi", "-i", f"anoisesrc=c=brown:a=0.3:r=44100:d=600:seed={2 * number + 2}",
            "-filter_complex", "[0][1]join=inputs=2:channel_layout=stereo", "-c:a", "libmp3lame", "-b:a", "128k",
            path))

    def repeated(self, name, path):
        return self.recording(name, lambda long: self.ffmpeg("-stream_loop", self.hours * 6 - 1, "-i", path, "-c",
                                                             "copy", long))

    def long_mp3(self):
        return self.repeated(f"{self.hours}h.mp3", self.ten_minutes())

    def long_wav(self):
        return self.repeated(f"{self.hours}h.wav", self.recording("ten.wav", lambda path: self.ffmpeg(
            "-i", self.ten_minutes(), "-ac", "1", path)))

    def datagen(self, jobs, *inputs, recipe="spectrum-mlp", options=()):
        output = self.directory / "out"
        def run():
            shutil.rmtree(output, ignore_errors=True)
            return Use([self.earshot, "datagen", *(path.parent for path in inputs), output, "--recipe", recipe, "-q", "-j", jobs, *options])
        return run

    # The comparisons.

    def decoding(self):
        recording = self.ten_minutes()
        def floor():
            return Use([self.build / "benchmarks" / "decode_floor", recording],
                       report=lambda text: tuple(map(float, text.split()[:2])))
        def python():
            return Use([sys.executable, HERE / "python_datagen.py", recording, self.directory / "python.npz"])
        decode, ours, original = self.runs(floor, self.datagen(1, recording), python)
        self.line("datagen -j1 / decoding in process, processor time", f"{ours.processor_s:.3f} / {decode.processor_s:.3f} s",
                  ours.processor_s / decode.processor_s, 1.30, True)
        self.line("Python / datagen -j1, wall (Python has 2 processes)", f"{original.wall_s:.3f} / {ours.wall_s:.3f} s",
                  original.wall_s / ours.wall_s, 2, False)
        print(f"    processor time {original.processor_s:.3f} / {ours.processor_s:.3f} s; "
              f"peak memory {original.peak_mb:.0f} / {ours.peak_mb:.0f} MB")

    def threads(self):
        several = [self.ten_minutes(number) for number in range(4)]
        one, two = self.runs(self.datagen(1, *several), self.datagen(2, *several))
        self.line("4 files: datagen -j1 / -j2, wall", f"{one.wall_s:.3f} / {two.wall_s:.3f} s", one.wall_s / two.wall_s,
                  1.9, False)
        one, two = self.runs(self.datagen(1, self.ten_minutes()), self.datagen(2, self.ten_minutes()))
        self.line("1 file: datagen -j1 / -j2 (decoding ahead), wall", f"{one.wall_s:.3f} / {two.wall_s:.3f} s",
                  one.wall_s / two.wall_s, 1.05, False)

    def memory(self):
        # Both end with a whole chunk: the transform of a shorter one takes memory of its own, more or less by its length.
        short, long = self.runs(self.datagen(1, self.ten_minutes(), options=("--duration", 598)),
                                self.datagen(1, self.long_mp3(), options=("--duration", self.hours * 3600 - 2)), rounds=1)
        self.line(f"peak memory of datagen, {self.hours} h of MP3, MB", f"{long.peak_mb:.1f}", long.peak_mb, 50, True)
        self.line(f"peak memory, {self.hours} h / 10 min", f"{long.peak_mb:.1f} / {short.peak_mb:.1f} MB",
                  long.peak_mb / short.peak_mb, 1.05, True)

    def archive(self):
        (one,) = self.runs(self.datagen(2, self.long_wav()), rounds=2)
        self.line(f"{self.hours} h of 44.1 kHz mono WAV, x real time, wall", f"{one.wall_s:.3f} s",
                  self.hours * 3600 / one.wall_s, 5000, False)
        print(f"    processor time {one.processor_s:.3f} s, peak memory {one.peak_mb:.1f} MB")

    def detecting(self):
        recording, dataset, model = self.ten_minutes(), self.directory / "dataset", self.directory / "model"
        Use([self.earshot, "datagen", self.ten_minutes(1).parent, self.ten_minutes(2).parent, dataset, "--recipe", "spectrum-mlp", "-q", "--force"])
        Use([self.earshot, "train", dataset, "-o", model, "--force", "-q", "--epochs", "2"])
        ours, loading, frames = self.runs(lambda: Use([self.earshot, "detect", model, recording, "-q", "-j", "1"]),
                                          lambda: Use([self.earshot, "detect", "--help"]), self.datagen(1, recording))
        both = frames.processor_s + loading.processor_s
        self.line("detect / (datagen + LibTorch's start), processor time",
                  f"{ours.processor_s:.3f} / ({frames.processor_s:.3f} + {loading.processor_s:.3f}) s",
                  ours.processor_s / both, 1.1, True)

    def starting(self):
        for words, target_ms in ((["--version"], 5), (["label", "--help"], 45), (["datagen", "--help"], 45)):
            wall_ms = min(1e3 * Use([self.earshot, *words]).wall_s for _ in range(30))  # others can only add to it
            self.line(f"start of earshot {' '.join(words)}, least wall", f"{wall_ms:.1f} ms", wall_ms, target_ms, True)

    def gemm(self):
        versions = subprocess.run([self.earshot, "--version", "--verbose"], capture_output=True, text=True, check=True)
        kernel = re.search(r"^BLAS kernel +(\S+)", versions.stdout, re.M)
        if not kernel:
            print("gemm: the BLAS is not OpenBLAS")
            return
        def flops(coretype):
            env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
            env |= {"OPENBLAS_NUM_THREADS": "1"} | ({"OPENBLAS_CORETYPE": coretype} if coretype else {})
            run = subprocess.run([self.build / "benchmarks" / "gemm_bench", "--benchmark_format=json",
                                  "--benchmark_filter=gemm/512"], env=env, capture_output=True, check=True)
            return json.loads(run.stdout)["benchmarks"][0]["flops"] / 1e9
        sides = {"the driver's kernel": kernel[1], "OpenBLAS's own choice": None, "Prescott (unknown processor)": "Prescott"}
        found = {name: [] for name in sides}
        for _ in range(self.rounds):
            for name, coretype in sides.items():
                found[name].append(flops(coretype))
        ours, own, prescott = map(statistics.median, found.values())
        self.line(f"gemm: the driver's kernel ({kernel[1]}) / OpenBLAS's own", f"{ours:.0f} / {own:.0f} GFLOP/s", ours / own,
                  0.95, False)
        self.line("gemm: the driver's kernel / that for unknown processors", f"{ours:.0f} / {prescott:.0f} GFLOP/s",
                  ours / prescott, 1, False)

    CALLS = 200

    def calls(self):
        """Directories of 10-second recordings in Opus: all of them, and the first alone. Every second has a word."""
        calls, one = self.directory / "calls", self.directory / "call"
        if not one.exists():
            calls.mkdir()
            for number in range(self.CALLS):
                tone = f"sine=f=440:b=4:d=10:r=16000,volume='between(t,4,4.8)*{number % 2}':eval=frame"
                self.ffmpeg("-f", "lavfi", "-i", f"anoisesrc=c=pink:a=0.1:r=16000:d=10:seed={number + 1}", "-f", "lavfi", "-i", tone,
                            "-filter_complex", "amix=inputs=2", "-ac", "1", "-c:a", "libopus", "-b:a", "24k", calls / f"{number:03}.opus")
            (self.directory / "calls.csv").write_text(
                "id,label\n" + "".join(f"{number:03},{'word' if number % 2 else 'background'}\n" for number in range(self.CALLS)))
            one.mkdir()
            os.link(calls / "000.opus", one / "000.opus")
        return calls, one

    def phrases(self):
        """Of each call what is left when starting, and the first call, are taken away."""
        calls, one = self.calls()
        dataset, few, model = (self.directory / name for name in ("call-frames", "call-frame", "call-model"))
        labels = ["--labels", self.directory / "calls.csv"]
        shutil.rmtree(few, ignore_errors=True)
        Use([self.earshot, "datagen", "--recipe", "phrase", calls, dataset, *labels, "-q", "--force"])
        few.mkdir()
        os.link(dataset / "000.npz", few / "000.npz")
        def train(epochs, *words, threads=1):
            return Use([self.earshot, "train", "--recipe", "phrase", dataset, "-o", model, "--force", "-q", "--validation", "0",
                        "--test", "0", "--epochs", epochs, "--threads", threads, *words])
        original = ["--arch", "dnn", "--pool", "50", "--deltas", "2", "--standardise", "window", "--batch", "128", "--stretch", "0",
                    "--warp", "0", "--mask", "0", "--mixup", "0", "--dropout", "0.1"]  # the network and the batches of the program before ours
        reports = {}
        def python(**env):
            Use([HERE / "python_phrase.py", calls, self.directory / "python-frames"], env=env,
                report=lambda text: reports.update(json.loads(text)) or (0, 0))
            return reports
        def per_call(many, first):
            return 1e3 * (many - first) / (self.CALLS - 1)
        wall_ms = python()["epoch_wall"]
        epochs, start = self.runs(lambda: train(12, *original, threads=0), lambda: train(2, *original, threads=0))
        epoch_ms = 1e3 * (epochs.wall_s - start.wall_s) / 10 / self.CALLS
        self.line("an epoch from frames, dense, threads as they come, wall: Python / ours",
                  f"{wall_ms:.2f} / {epoch_ms:.2f} ms a call", wall_ms / epoch_ms, 4, False)
        python(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        epochs, start = self.runs(lambda: train(12, *original), lambda: train(2, *original))
        epoch_ms = 1e3 * (epochs.processor_s - start.processor_s) / 10 / self.CALLS
        self.line("the same on one thread, processor time", f"{reports['epoch']:.2f} / {epoch_ms:.2f} ms a call",
                  reports["epoch"] / epoch_ms, 4, False)
        def evaluate(data):
            return lambda: Use([self.earshot, "evaluate", model, data, "-q", "-j", "1", "-o", self.directory / "report"])
        for network in ("dense, as the original's", "convolutions, as the recipe's"):
            if not network.startswith("dense"):
                train(1)
            many, first = self.runs(evaluate(dataset), evaluate(few))
            ours_ms = per_call(many.processor_s, first.processor_s)
            self.line(f"from frames to scores, {network}", f"{reports['from_frames']:.2f} / {ours_ms:.2f} ms a call",
                      reports["from_frames"] / ours_ms, 10, False)
        def detect(jobs, *inputs):
            return lambda: Use([self.earshot, "detect", model, *inputs, "--per-recording", "--scores", "-q", "-j", jobs])
        several = [calls] + [self.copied(calls, number) for number in range(3)]
        many, first, alone, both, first_both = self.runs(detect(1, calls), detect(1, one), detect(1, *several), detect(2, *several),
                                                        detect(2, one))
        ours_ms = per_call(many.processor_s, first.processor_s)
        self.line("from sound to score, ms a call, processor time", f"{ours_ms:.2f} ms", ours_ms, 14, True)
        self.line("from sound to score: Python / ours", f"{reports['whole']:.2f} / {ours_ms:.2f} ms a call", reports["whole"] / ours_ms,
                  4, False)
        self.line(f"{4 * self.CALLS} calls, -j1 / -j2, wall, starting apart", f"{alone.wall_s:.2f} / {both.wall_s:.2f} s",
                  (alone.wall_s - first.wall_s) / (both.wall_s - first_both.wall_s), 1.9, False)
        self.line(f"peak memory of {4 * self.CALLS} calls / of {self.CALLS}", f"{alone.peak_mb:.0f} / {many.peak_mb:.0f} MB",
                  alone.peak_mb / many.peak_mb, 1.05, True)

    def copied(self, calls, number):
        """The same recordings under other names."""
        copy = self.directory / f"calls{number}"
        if not copy.exists():
            copy.mkdir()
            for path in calls.glob("*.opus"):
                os.link(path, copy / f"{number}-{path.name}")
        return copy

    def logmel(self):
        run = subprocess.run([self.build / "benchmarks" / "logmel_bench", "--benchmark_format=json",
                              "--benchmark_filter=logmel", f"--benchmark_repetitions={self.rounds}"],
                             capture_output=True, check=True)
        least = 1e6 * min(one["a frame"] for one in json.loads(run.stdout)["benchmarks"] if one["run_type"] == "iteration")
        self.line("log-mel, us a frame", f"{least:.2f} us", least, 1.3, True)

    def vectors(self):
        """Of the ears and of the networks in EARSHOT_PRETRAINED, from ten minutes of sound."""
        recording, others = self.ten_minutes(), pathlib.Path(os.environ.get("EARSHOT_PRETRAINED", ""))
        names = ["own"] + [path for path in (others / "yamnet_spectra_in.tflite", others / "embedding_model.onnx") if path.is_file()]
        def vectors_of(name):
            return self.datagen(1, recording, recipe="vectors", options=("--pretrained", name))
        uses = self.runs(*map(vectors_of, names))
        for name, use in zip(names, uses):
            print(f"    vectors of {pathlib.Path(name).name:<26} {use.processor_s / 0.6:.1f} ms a second of sound, "
                  f"{use.peak_mb:.0f} MB")
        if len(uses) > 1:
            self.line("vectors of the ears / of YAMNet, processor time", f"{uses[0].processor_s:.2f} / {uses[1].processor_s:.2f} s",
                      uses[0].processor_s / uses[1].processor_s, 0.5, True)

    def run(self):
        for part in (self.starting, self.gemm, self.decoding, self.threads, self.detecting, self.memory, self.archive, self.logmel,
                     self.vectors, self.phrases):
            if self.only in (None, part.__name__):
                part()
        return 1 if self.missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hours", type=int, default=10, help="length of the long recordings")
    parser.add_argument("--only", help="starting, gemm, decoding, threads, detecting, memory, archive, logmel, "
                        "vectors or phrases")
    parser.add_argument("--keep", metavar="DIR", help="make the recordings here and leave them")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    try:
        return bench.run()
    finally:
        if not arguments.keep:
            shutil.rmtree(bench.directory, ignore_errors=True)


sys.exit(main())
