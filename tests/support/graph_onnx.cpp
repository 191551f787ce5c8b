// graph_onnx GRAPH.json WEIGHTS.npz TYPE > MODEL.onnx: a graph by itself as ONNX with weights of a type,
// frames in and results out, for tests of single operations.
#include <cstdio>
#include <exception>
#include <iostream>

#include "exchange/network_nodes.h"
#include "network/graph.h"
#include "network/weights.h"
#include "support/json.h"
#include "support/output.h"

namespace {

using namespace earshot;

std::string onnx_of(const std::string& json, const std::string& npz, const std::string& type) {
    network::Precision precision{};
    if (const auto wrong = network::precision_in(precision).read(type); !wrong.empty()) throw Error(wrong);
    const auto graph = network::Graph::from_json(parse_json(read_text(json), json));
    exchange::OnnxBuilder b;
    const auto frames = b.input("frames", {"windows", graph.frames(), graph.bands()});
    const auto result =
        exchange::add_network(b, graph, network::Weights::read(graph, npz), precision, frames);
    b.output(result, "scores", {"windows", graph.shape()[0], graph.shape()[1]});
    ::onnx::ModelProto model;
    model.set_ir_version(exchange::OnnxBuilder::kIrVersion);
    model.add_opset_import()->set_version(exchange::OnnxBuilder::kOpset);
    *model.mutable_graph() = b.take();
    model.mutable_graph()->set_name("graph");
    return model.SerializeAsString();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    try {
        std::cout << onnx_of(argv[1], argv[2], argv[3]);
        return std::cout.flush() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "graph_onnx: %s\n", error.what());
        return 1;
    }
}
