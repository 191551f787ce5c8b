#pragma once

// The part of LibTorch that we use; <torch/torch.h> costs twice as much to compile, and so do its modules.
// Everything in this folder needs it, nothing outside does.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>
