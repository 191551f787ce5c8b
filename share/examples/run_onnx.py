#!/usr/bin/env python3
"""Runs a model of `earshot export` on a WAV file, without earshot.

    pip install onnxruntime soundfile
    python3 run_onnx.py model.onnx night.wav
"""
import json
import sys

import onnxruntime
import soundfile

model, recording = sys.argv[1:]
session = onnxruntime.InferenceSession(model)
about = session.get_modelmeta().custom_metadata_map
labels, thresholds = json.loads(about["labels"]), json.loads(about["thresholds"])
window_s, hop_s = float(about["window_s"]), float(about["hop_s"])

sound, rate = soundfile.read(recording, dtype="float32", always_2d=True)
if rate != int(about["rate_hz"]):
    sys.exit(f"{recording}: {rate} Hz, but the model needs {about['rate_hz']} (ffmpeg -i IN -ar {about['rate_hz']} OUT)")

scores = session.run(["scores"], {"samples": sound.mean(axis=1)})[0]  # [windows, steps, labels]
for i, window in enumerate(scores):
    # The last window ends where the recording ends, so it may begin earlier than a hop after the one before.
    onset = min(i * hop_s, max(0, len(sound) / rate - window_s))
    heard = [f"{label} {score:.2f}" for label, score, threshold in zip(labels, window.max(axis=0), thresholds)
             if score >= threshold and label != about["background"]]
    print(f"{onset:.2f}\t{onset + window_s:.2f}\t{', '.join(heard) or '-'}")
