// Prints the arrays of an NPZ file as our reader sees them, for tests that compare it with numpy:
// {"name": {"shape": [2, 3], "values": [...]}, ...}. An Error goes to stderr, with status 1.

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "npz/npz.h"
#include "support/error.h"

namespace {

using namespace earshot;
using Json = nlohmann::ordered_json;

Json values_of(const npz::NpzReader& npz, const std::string& array) {
    switch (npz.header(array).type.kind) {
        case npz::NpyType::Kind::unicode:
        case npz::NpyType::Kind::bytes:
            return npz.texts(array);
        case npz::NpyType::Kind::real:
            return npz.values<double>(array);
        default:
            return npz.values<std::int64_t>(array);
    }
}

}  // namespace

int main(int, char** argv) {
    try {
        const npz::NpzReader npz(argv[1]);
        Json arrays = Json::object();
        for (const auto& array : npz.array_names()) {
            arrays[array] = {{"shape", npz.header(array).shape}, {"values", values_of(npz, array)}};
        }
        std::cout << arrays.dump() << std::flush;
        return 0;
    } catch (const Error& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
