#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"

namespace earshot::model {

/// Classes that count as one label: its score is the highest of theirs.
struct ClassGroup {
    std::string label;
    std::vector<std::size_t> classes;  // in the order of the network's scores
};

/// "dog=Dog,Bark,Howl": the label, then names of classes. Names may have commas in them; of several ways to
/// read the text, the one with the longest names is taken.
/// @throws UsageError for text of another form, and for names that no class has; it suggests similar ones
ClassGroup parse_class_group(const std::string& text, std::span<const std::string> classes);

/// A model that needs no training: each vector of a pretrained network is the scores of its classes, numbers
/// from 0 to 1. What is not (Pretrained::gives_probabilities) goes through a sigmoid first. The model is like
/// any that was trained on these vectors, one frame a window.
/// @param path  of the network, for messages
/// @param classes  names of the classes, as many as a vector has numbers
/// @param groups  if there are any, its labels are these alone
/// @throws Error if the names are not as many as the classes
std::shared_ptr<const Model> tagging_model(const std::string& path,
                                           std::shared_ptr<const frontend::Pretrained> pretrained,
                                           const std::vector<std::string>& classes,
                                           std::span<const ClassGroup> groups, ModelHashes hashes);

}  // namespace earshot::model
