"""The log-mel frames that datagen writes, against the definition in float64 and against torchaudio."""
import json
import unittest

import numpy
import soundfile
from scipy.fft import dct
from scipy.signal import resample_poly

from support.sandbox import Sandbox, noise, sine, write_wav

SPEECH = "/usr/share/sounds/alsa/Front_Center.wav"  # of alsa-utils


def speech(rate):
    samples, own_rate = soundfile.read(SPEECH, dtype="float64")
    return resample_poly(samples, rate, own_rate).astype(numpy.float32)


def mel_from_hz(hz, scale):
    hz = numpy.asarray(hz, dtype=float)
    if scale == "htk":
        return 2595 * numpy.log10(1 + hz / 700)
    return numpy.where(hz < 1000, hz * 3 / 200, 15 + 27 * numpy.log(numpy.maximum(hz, 1) / 1000) / numpy.log(6.4))


def filters(rate, size, low_hz, high_hz, count, scale, norm):
    """[count, size / 2 + 1], from the mel scale's own inverse by bisection: nothing shared with the library."""
    grid_hz = numpy.linspace(0, rate / 2, 200001)
    targets = numpy.linspace(*mel_from_hz([low_hz, high_hz], scale), count + 2)
    edges = numpy.interp(targets, mel_from_hz(grid_hz, scale), grid_hz)
    bins = numpy.arange(size // 2 + 1) * rate / size
    rows = []
    for left, centre, right in zip(edges, edges[1:], edges[2:]):
        row = numpy.interp(bins, [left, centre, right], [0, 1, 0], left=0, right=0)
        rows.append(row * 2 / (right - left) if norm == "slaney" else row)
    return numpy.array(rows)


def mel_bands(samples, window, hop, size, centred, power, bank):
    samples = numpy.asarray(samples, dtype=numpy.float64)
    if centred:
        lead = size // 2 - (size - window) // 2
        samples = numpy.pad(samples, (lead, window - lead), mode="reflect")
    frames = numpy.lib.stride_tricks.sliding_window_view(samples, window)[::hop]
    hann = 0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(window) / window)
    return numpy.abs(numpy.fft.rfft(frames * hann, size)) ** power @ bank.T


class LogMel(Sandbox):
    def frames(self, samples, rate, *options, kind="logmel"):
        write_wav(self.dir / "in" / "audio.wav", samples, rate, "FLOAT")
        (self.dir / "in" / "labels.json").write_text('{"00:00": "sound"}')
        self.earshot("datagen", "in", "-o", "out.npz", "--force", "-q", "--front-end", kind, "--sample-rate", rate,
                     *options)
        with numpy.load(self.dir / "out.npz", allow_pickle=False) as data:
            return data["samples"], data["times"], json.loads(data["frontend"].item())


    def assert_near(self, got, expected, power=2):
        """Within 1e-4, but for bands more than 70 dB below the loudest of their frame, of which float32 holds less: their
        magnitude to this power is as near as that of a band at -70 dB must be."""
        loudest = expected.max(axis=1, keepdims=True)
        error = numpy.abs(got - expected) / numpy.maximum(1, 10 ** (-3.5 * power) * numpy.exp(loudest - expected))
        self.assertLess(error.max(), 1e-4)


class Definition(LogMel):
    def check(self, samples, rate, window_ms, hop_ms, low_hz, high_hz, count, size=None, centred=False, power=2,
              scale="slaney", norm="slaney", floor=1e-10):
        window, hop = round(window_ms * rate / 1000), round(hop_ms * rate / 1000)
        size = size or 2 ** int(numpy.ceil(numpy.log2(window)))
        others = [f"fft_size={size}", f"centred={str(centred).lower()}", f"power={power}", f"scale={scale}",
                  f"norm={norm}", f"floor={floor}"]
        got, times, settings = self.frames(samples, rate, "--frame", f"{window_ms}ms", "--hop", f"{hop_ms}ms",
                                           "--low", low_hz, "--high", high_hz, "--mels", count,
                                           *(word for other in others for word in ("--set", other)))
        bank = filters(rate, size, low_hz, high_hz, count, scale, norm)
        expected = numpy.log(mel_bands(samples.astype(numpy.float32), window, hop, size, centred, power, bank) + floor)
        self.assertEqual(got.shape, expected.shape)
        self.assert_near(got, expected)
        first = -(size // 2 - (size - window) // 2) / rate if centred else 0
        numpy.testing.assert_allclose(times, first + numpy.arange(len(got)) * hop / rate, atol=1e-9)
        self.assertEqual(settings["fft_size"], size)
        self.assertEqual(settings["scale"], scale)

    def test_settings(self):
        for seed, case in enumerate([
                (16000, 25, 10, 50, 7800, 48),
                (16000, 25, 10, 50, 7800, 48, None, True),
                (8000, 32, 16, 0, 4000, 20, None, False, 1),
                (44100, 46.4399, 10, 20, 16000, 64, 2048, True, 2, "htk", "none"),
                (16000, 25, 25, 0, 8000, 23, 400, False, 2, "htk", "slaney", 1e-3),
                (22050, 20, 7, 100, 11025, 30, 900, True, 1, "slaney", "none"),
                (16000, 25.0625, 10, 50, 7000, 32, 640, True)]):
            with self.subTest(case=case):
                self.check(noise(1.3 + 0.01 * seed, case[0], 0.1, seed), *case)

    def test_speech(self):
        self.check(speech(16000), 16000, 25, 10, 50, 7800, 48)

    def test_digital_silence_is_the_floor(self):
        got, _, _ = self.frames(numpy.zeros(16000), 16000)
        numpy.testing.assert_allclose(got, numpy.log(1e-10), rtol=1e-6)
        self.assertEqual(got.shape, (98, 48))

    def test_tone_is_loudest_in_its_band(self):
        got, _, _ = self.frames(sine(1000, 1, 16000), 16000)
        centres = numpy.argmax(filters(16000, 32768, 50, 7800, 48, "slaney", "none"), axis=1) * 16000 / 32768
        self.assertEqual(set(got.argmax(axis=1)), {int(numpy.abs(centres - 1000).argmin())})


class Relatives(LogMel):
    """The front ends that make something else of the same bands."""

    def bands(self, samples):
        bank = filters(16000, 512, 50, 7800, 48, "slaney", "slaney")
        return mel_bands(samples, 400, 160, 512, False, 2, bank)

    def test_pcen_is_its_recursion(self):
        samples = speech(16000)
        energies = self.bands(samples)
        for others in ({}, {"time_s": 0.1, "gain": 0.8, "bias": 10, "root": 0.25, "floor": 1e-6}):
            p = {"time_s": 0.4, "gain": 0.98, "bias": 2, "root": 0.5, "floor": 1e-10} | others
            s = 1 - numpy.exp(-0.01 / p["time_s"])
            smooth, expected = energies[0], []
            for energy in energies:
                smooth = (1 - s) * smooth + s * energy
                expected.append((energy / (p["floor"] + smooth) ** p["gain"] + p["bias"]) ** p["root"]
                                - p["bias"] ** p["root"])
            got, _, settings = self.frames(samples, 16000, *(word for key, value in others.items()
                                                             for word in ("--set", f"{key}={value}")), kind="pcen")
            self.assertEqual(settings["kind"], "pcen")
            numpy.testing.assert_allclose(got, expected, rtol=2e-4, atol=1e-5)

    def test_pcen_takes_gain_out(self):
        samples = 0.1 * speech(16000)
        quiet, loud = (self.frames(gain * samples, 16000, "--set", "gain=1", "--set", "floor=1e-20", kind="pcen")[0]
                       for gain in (1, 8))
        spoken = self.bands(samples) > 1e-7
        numpy.testing.assert_allclose(loud[spoken], quiet[spoken], rtol=1e-3)

    def test_mfcc_is_the_dct_of_the_log_bands(self):
        samples = speech(16000)
        for count in (13, 48):
            expected = dct(numpy.log(self.bands(samples) + 1e-10), type=2, norm="ortho", axis=1)[:, :count]
            got, _, _ = self.frames(samples, 16000, "--set", f"coefficients={count}", kind="mfcc")
            numpy.testing.assert_allclose(got, expected, atol=3e-4)

    def test_float16_is_what_numpy_makes_of_the_float32(self):
        samples = speech(16000)
        for storage in ([], ["--store"]):
            exact, times, _ = self.frames(samples, 16000, *storage)
            half, half_times, _ = self.frames(samples, 16000, "--dtype", "float16", *storage)
            self.assertEqual(half.dtype, numpy.float16)
            numpy.testing.assert_array_equal(half, exact.astype(numpy.float16))
            numpy.testing.assert_array_equal(half_times, times)

    def test_float16_refuses_what_it_cannot_hold(self):
        write_wav(self.dir / "in" / "audio.wav", 1e4 * noise(1, 16000), 16000, "FLOAT")
        (self.dir / "in" / "labels.json").write_text('{"00:00": "sound"}')
        self.earshot("datagen", "in", "out", "--front-end", "pcen", "--dtype", "float16", "--set", "gain=0", "--set",
                     "root=1", status=1, stderr="is too large for float16 (use float32)")


class Torchaudio(LogMel):
    """torchaudio.transforms.MelSpectrogram, which models are often trained on, on a recording of speech."""

    @classmethod
    def setUpClass(cls):
        import torch
        import torchaudio
        torch.set_num_threads(1)
        cls.torch, cls.torchaudio = torch, torchaudio

    def reference(self, samples, rate, centred, **settings):
        transform = self.torchaudio.transforms.MelSpectrogram(
            rate, norm="slaney", mel_scale="slaney", center=centred, **settings).double()
        wave = self.torch.from_numpy(samples.astype(numpy.float64))
        if not centred:  # torch puts the window into the middle of the transform
            lead = (settings["n_fft"] - settings["win_length"]) // 2
            wave = self.torch.nn.functional.pad(wave, (lead, settings["n_fft"] - settings["win_length"] - lead))
        return self.torch.log(transform(wave) + 1e-10).numpy().T

    def test_speech_at_16_khz(self):
        samples = speech(16000)
        for centred in (False, True):
            expected = self.reference(samples, 16000, centred, n_fft=512, win_length=400, hop_length=160, f_min=50.0,
                                      f_max=7800.0, n_mels=48)
            got, _, _ = self.frames(samples, 16000, "--set", f"centred={str(centred).lower()}")
            self.assertEqual(got.shape, expected.shape)
            self.assert_near(got, expected)

    def test_magnitudes_of_speech_at_48_khz(self):
        samples = soundfile.read(SPEECH, dtype="float32")[0]
        expected = self.reference(samples, 48000, True, n_fft=2048, win_length=2048, hop_length=512, f_min=20.0,
                                  f_max=20000.0, n_mels=80, power=1.0)
        got, _, _ = self.frames(samples, 48000, "--set", "centred=true", "--set", "power=1", "--frame",
                                str(2048 / 48000), "--hop", str(512 / 48000), "--low", 20, "--high", 20000, "--mels", 80)
        self.assertEqual(got.shape, expected.shape)
        self.assert_near(got, expected, power=1)


class Use(LogMel):
    def test_wrong_settings_say_what_would_be_right(self):
        write_wav(self.dir / "in" / "audio.wav", noise(1), 16000)
        (self.dir / "in" / "labels.json").write_text('{"00:00": "sound"}')
        for words, said in [
                (["--hop", "50ms"], "hop_s is 0.05, must be"),
                (["--mels", "400"], "lies between two bins of a spectrum of 512 points (fewer mels"),
                (["--set", "scale=bark"], 'scale is "bark", must be slaney, htk or htk-mel'),
                (["--set", "colour=red"], "--set colour=red: KEY=VALUE is expected, KEY one of rate_hz"),
                (["--set", "fft_size=256"], "fft_size is 256, must be even and hold the window of 400 samples"),
                (["--set", "centred=perhaps"], 'centred is "perhaps", must be true or false'),
                (["--high", "9000"], "sound at 16000 Hz reaches 8000 Hz only"),
                (["--front-end", "spectrum", "--hop", "1s"], "--hop means nothing to the front end spectrum"),
                (["--front-end", "logmle"], "logmle")]:
            with self.subTest(words=words):
                kind = [] if "--front-end" in words else ["--front-end", "logmel"]
                self.earshot("datagen", "in", "out", *kind, *words, status=2, stderr=said)

    def test_class_of_a_frame_is_the_label_at_its_centre(self):
        write_wav(self.dir / "in" / "audio.wav", noise(3, 16000), 16000)
        (self.dir / "in" / "labels.json").write_text('{"00:00": "a", "00:01": "b", "00:02": "a"}')
        self.earshot("datagen", "in", "-o", "out.npz", "-q", "--front-end", "logmel")
        with numpy.load(self.dir / "out.npz") as data:
            centres = data["times"] + 0.0125
            expected = (centres >= 1) & (centres < 2)
            self.assertEqual(data["classes"].sum(), 100)  # 1 s
            self.assertLessEqual((data["classes"] != expected).sum(), 1)  # a centre just on a boundary

    def test_recording_shorter_than_a_window_has_no_frame(self):
        write_wav(self.dir / "in" / "audio.wav", noise(0.02, 16000), 16000)
        (self.dir / "in" / "labels.json").write_text('{"00:00": "a"}')
        self.earshot("datagen", "in", "-o", "out.npz", "--front-end", "logmel", status=1,
                     stderr="0.020 s of sound is too short for a frame")


if __name__ == "__main__":
    unittest.main()
