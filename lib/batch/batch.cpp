#include "batch/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace earshot::batch {

std::string named_problem(const std::string& input, const Error& error) {
    return fmt::format("{}: {}", input, reason(error, input));
}

void BatchTally::add_problem(const std::string& problem) {
    ++failed_;
    console_.error(problem);
}

void BatchTally::add_damage(const std::string& input, const std::vector<std::string>& damage) {
    if (damage.empty()) return;
    ++damaged_;
    const auto more = damage.size() - 1;
    console_.warning(fmt::format("{}: damaged {}{}; {}", input, damage.front(),
                                 more == 0 ? "" : fmt::format(" and in {} more places", more), remedy_));
}

BatchStatus BatchTally::status() const {
    if (failed_ > 0 && failed_ == inputs_) return BatchStatus::failure;
    return failed_ > 0 || damaged_ > 0 ? BatchStatus::partial : BatchStatus::ok;
}

Batch::Batch(std::vector<std::string> inputs, BatchSettings settings, Console& console)
    : inputs_(std::move(inputs)),
      settings_(std::move(settings)),
      console_(console),
      tally_(settings_.remedy, console),
      todo_(inputs_.size()) {
    std::iota(todo_.begin(), todo_.end(), std::size_t{0});
    if (settings_.sizes.empty()) settings_.sizes.assign(inputs_.size(), 1.0);
}

void Batch::start() {
    if (!settings_.title.empty()) progress_.emplace(console_, settings_.title, settings_.sizes);
}

std::span<const std::size_t> Batch::group(std::size_t number, std::size_t together) const {
    const std::size_t begin = number * together;
    return std::span(todo_).subspan(begin, std::min(together, todo_.size() - begin));
}

std::vector<FileStamp> Batch::stamps_of(std::span<const std::size_t> indices) const {
    std::vector<FileStamp> stamps;
    if (!journal_) return stamps;
    for (const std::size_t i : indices) stamps.push_back(stamp_of(inputs_[i]));
    return stamps;
}

void Batch::progress(std::size_t i, double fraction) {
    if (progress_) progress_->set(i, fraction, inputs_[i]);
}

BatchStatus Batch::finish() {
    if (journal_ && status() != BatchStatus::failure) journal_->remove();
    return status();
}

}  // namespace earshot::batch
