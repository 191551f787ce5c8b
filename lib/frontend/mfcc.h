#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "frontend/frontend.h"
#include "frontend/settings.h"

namespace earshot::frontend {

/// The front end `mfcc`: the first coefficients of the orthonormal DCT-II of a `logmel` frame x of N bands,
///
///     c_k = sqrt(2 / N) Σ_n x_n cos(π k (n + ½) / N),    c_0 divided by sqrt(2),
///
/// few numbers for small models (Davis and Mermelstein, IEEE Trans. ASSP 28 (1980), 357-366).
///
/// Settings: those of `logmel`, and "coefficients", at most as many as bands.
std::unique_ptr<Frontend> make_mfcc(const nlohmann::ordered_json& settings);
FrontendSettings describe_mfcc();

/// That transform as a matrix [bands, coefficients], row-major.
std::vector<float> mfcc_matrix(std::size_t bands, std::size_t coefficients);

}  // namespace earshot::frontend
