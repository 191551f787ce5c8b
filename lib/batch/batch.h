#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "batch/journal.h"
#include "batch/ordered_parallel.h"
#include "batch/progress.h"
#include "support/console.h"
#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::batch {

/// What one input of a batch came to.
template <class Result>
struct Outcome {
    Result result{};
    std::vector<std::string> damage;  // of the input, "at 12.300 s: invalid data": the rest of it was used
    std::string problem;              // why there is no result
};

/// The result of work that leaves nothing behind to be taken in order.
struct Nothing {};

/// The names of inputs that are more than their names. @param name  member or function that gives it
template <class Item, class Name>
std::vector<std::string> names_of(const std::vector<Item>& items, const Name& name) {
    std::vector<std::string> names;
    for (const auto& item : items) names.push_back(std::invoke(name, item));
    return names;
}

/// "input: what went wrong", whether or not the error names the input.
std::string named_problem(const std::string& input, const Error& error);

/// Runs work(outcome) on one input. An Error is the problem of that input alone, but for what would fail
/// every input to come: UsageError and WriteError.
template <class Result, class Work>
Outcome<Result> attempt(const std::string& input, Work&& work) {
    Outcome<Result> outcome;
    try {
        work(outcome);
    } catch (const UsageError&) {
        throw;
    } catch (const WriteError&) {
        throw;
    } catch (const Error& error) {
        outcome = {};
        outcome.problem = named_problem(input, error);
    }
    return outcome;
}

enum class BatchStatus {
    ok,
    partial,  // some inputs failed or were damaged
    failure   // all failed
};

/// Counts and names the inputs that failed or are damaged, and says what status the batch ends with.
class BatchTally {
 public:
    /// @param remedy   what became of damaged inputs: "what could be decoded was scored"
    /// @param console  must live as long as this
    BatchTally(std::string remedy, Console& console) : remedy_(std::move(remedy)), console_(console) {}

    void add_problem(const std::string& problem);
    void add_damage(const std::string& input, const std::vector<std::string>& damage);
    /// One more input, whatever becomes of it.
    void count() { ++inputs_; }

    std::size_t inputs() const { return inputs_; }
    std::size_t failed() const { return failed_; }
    BatchStatus status() const;

 private:
    std::string remedy_;
    Console& console_;
    std::size_t inputs_ = 0, failed_ = 0, damaged_ = 0;
};

struct BatchSettings {
    std::string title;          // of the progress line; empty: the caller draws its own
    std::vector<double> sizes;  // of the inputs, in the unit that the title names; empty: each counts 1
    std::string remedy;         // what became of a damaged input: "what could be decoded was scored"
    /// Takes the inputs that failed, in order with the results of the others; may be empty.
    std::function<void(std::size_t i, const std::string& problem)> on_problem = {};
};

/// Does the same to many inputs: several at once, with results in the order of the inputs. An input that
/// fails is named on the console and the others go on. With a journal, a run that was killed resumes.
class Batch {
 public:
    /// @param inputs   paths, for messages and the journal
    /// @param console  must live as long as this
    Batch(std::vector<std::string> inputs, BatchSettings settings, Console& console);

    /// From now on results are kept in a journal, and those that it holds are not computed again. The type of
    /// the results needs to_json() and from_json().
    /// @param complete  whether all that input i was to write besides its result is still there
    template <class Complete>
    void use_journal(Journal& journal, Complete&& complete) {
        journal_ = &journal;
        std::erase_if(todo_, [&](std::size_t i) { return journal.find(inputs_[i]) && complete(i); });
    }

    /// Indices of the inputs that are still to be done.
    std::span<const std::size_t> todo() const { return todo_; }
    std::size_t done_before() const { return inputs_.size() - todo_.size(); }

    /// Runs work(indices, worker), which returns an Outcome<Result> for each of up to `together` inputs, on
    /// `jobs` threads; hands the results to take(index, result) on the calling thread, in order.
    /// @throws what work and take throw, Interrupted once the user has asked to stop
    template <class Result, class Work, class Take>
    void run_together(std::size_t jobs, std::size_t together, Work&& work, Take&& take);

    /// The same for one input at a time: work(index, worker, outcome) may throw the Error of its input.
    template <class Result, class Work, class Take>
    void run(std::size_t jobs, Work&& work, Take&& take) {
        run_together<Result>(
            jobs, 1,
            [&](std::span<const std::size_t> indices, int worker) {
                const std::size_t i = indices.front();
                std::vector<Outcome<Result>> outcomes;
                outcomes.push_back(
                    attempt<Result>(inputs_[i], [&](auto& outcome) { work(i, worker, outcome); }));
                return outcomes;
            },
            take);
    }

    /// While work is under way: this fraction of input i is done. From any thread.
    void progress(std::size_t i, double fraction);

    std::size_t failed() const { return tally_.failed(); }
    BatchStatus status() const { return tally_.status(); }
    /// Once all output is written: removes the journal.
    BatchStatus finish();

 private:
    void start();
    std::span<const std::size_t> group(std::size_t number, std::size_t together) const;
    std::vector<FileStamp> stamps_of(std::span<const std::size_t> indices) const;

    template <class Result>
    void note(std::span<const std::size_t> indices, const std::vector<FileStamp>& stamps,
              const std::vector<Outcome<Result>>& outcomes);
    template <class Result>
    Outcome<Result> recall(std::size_t i) const;
    template <class Result, class Take>
    void account(std::size_t i, Outcome<Result>&& outcome, Take& take);

    std::vector<std::string> inputs_;
    BatchSettings settings_;
    Console& console_;
    BatchTally tally_;
    Journal* journal_ = nullptr;
    std::vector<std::size_t> todo_;
    std::optional<BatchProgress> progress_;
};

template <class Result, class Work, class Take>
void Batch::run_together(std::size_t jobs, std::size_t together, Work&& work, Take&& take) {
    std::size_t next = 0;  // input whose result is taken next
    const auto recall_up_to = [&](std::size_t end) {
        for (; next < end; ++next) account(next, recall<Result>(next), take);
    };
    start();
    ordered_parallel((todo_.size() + together - 1) / together, static_cast<int>(jobs),
                     [&](std::size_t number, int worker) {
                         check_interrupt();
                         const auto indices = group(number, together);
                         const auto stamps = stamps_of(indices);
                         std::vector<Outcome<Result>> outcomes = work(indices, worker);
                         note(indices, stamps, outcomes);
                         for (const std::size_t i : indices) progress(i, 1);
                         return outcomes;
                     },
                     [&](std::size_t number, std::vector<Outcome<Result>>&& outcomes) {
                         const auto indices = group(number, together);
                         for (std::size_t k = 0; k < indices.size(); ++k) {
                             recall_up_to(indices[k]);
                             account(next++, std::move(outcomes[k]), take);
                         }
                     });
    recall_up_to(inputs_.size());
    progress_.reset();
}

template <class Result>
void Batch::note(std::span<const std::size_t> indices, const std::vector<FileStamp>& stamps,
                 const std::vector<Outcome<Result>>& outcomes) {
    if constexpr (std::is_constructible_v<Journal::Json, const Result&>) {
        if (!journal_) return;
        for (std::size_t k = 0; k < indices.size(); ++k) {
            if (!outcomes[k].problem.empty()) continue;  // the next run tries it again
            journal_->add(inputs_[indices[k]], stamps[k],
                          {{"value", outcomes[k].result}, {"damage", outcomes[k].damage}});
        }
    }
}

template <class Result>
Outcome<Result> Batch::recall(std::size_t i) const {
    Outcome<Result> outcome;
    if constexpr (std::is_constructible_v<Journal::Json, const Result&>) {
        try {
            const auto found = journal_->find(inputs_[i]);
            if (!found) throw Error("changed while other recordings were processed");
            outcome.result = found->at("value").template get<Result>();
            outcome.damage = found->at("damage").template get<std::vector<std::string>>();
        } catch (const Error& error) {
            outcome.problem = named_problem(inputs_[i], error);
        } catch (const Journal::Json::exception& error) {
            outcome.problem =
                fmt::format("{}: its result in the journal is damaged: {}", inputs_[i], error.what());
        }
    }
    return outcome;
}

template <class Result, class Take>
void Batch::account(std::size_t i, Outcome<Result>&& outcome, Take& take) {
    progress(i, 1);
    tally_.count();
    if (!outcome.problem.empty()) {
        tally_.add_problem(outcome.problem);
        if (settings_.on_problem) settings_.on_problem(i, outcome.problem);
        return;
    }
    take(i, std::move(outcome.result));
    tally_.add_damage(inputs_[i], outcome.damage);
}

}  // namespace earshot::batch
