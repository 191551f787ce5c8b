// A TFLite file as a stranger may have made it.

#include "fuzz/foreign_network.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    earshot::fuzz::read_and_run(data, size, earshot::exchange::read_tflite, earshot::exchange::tflite_sizes);
    return 0;
}
