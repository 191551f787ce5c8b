// node run_onnx.js ONNXRUNTIME MODEL INPUT SHAPE OUTPUT: runs a model on an array of float32, whose shape is "2,3".
// Prints the shape of what comes out. ONNXRUNTIME is the directory of the package onnxruntime-node.
const fs = require("fs");
const [package_, model, input, shape, output] = process.argv.slice(2);
const ort = require(package_);

async function run() {
    const session = await ort.InferenceSession.create(model, {intraOpNumThreads: 1, logSeverityLevel: 3});
    const bytes = fs.readFileSync(input);
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const tensor = new ort.Tensor("float32", values, shape.split(",").map(Number));
    const {scores} = await session.run({[session.inputNames[0]]: tensor});
    fs.writeFileSync(output, Buffer.from(scores.data.buffer, scores.data.byteOffset, scores.data.byteLength));
    console.log(scores.dims.join(","));
}
run().catch(error => { console.error(String(error)); process.exit(1); });
