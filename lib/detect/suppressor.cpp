#include "detect/suppressor.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>

namespace earshot::detect {
namespace {

constexpr double kTolerance_s = 1e-6;  // so that 0.3 s after 0.1 s is 0.4 s
constexpr EventDetector::Outlook kNothingMore{std::numeric_limits<double>::infinity(), {}};

}  // namespace

Suppressor::Suppressor(std::vector<SuppressionRule> rules) {
    for (auto& rule : rules) rules_.push_back({std::move(rule), {}, kNothingMore});
}

void Suppressor::begin(bool at_once) {
    at_once_ = at_once;
    waiting_.clear();
    for (auto& rule : rules_) rule.heard.clear();
}

bool Suppressor::may_mute(const std::string& label) const {
    return std::ranges::any_of(rules_, [&](const Rule& each) { return each.rule.label == label; });
}

void Suppressor::push(const label::Event& event) {
    for (auto& [rule, heard, outlook] : rules_) {
        if (rule.near != event.label) continue;
        heard.push_back({event.onset_s, event.offset_s});
        if (heard.size() > kMaxWaiting) heard.pop_front();
    }
    waiting_.push_back(event);
}

void Suppressor::release(const OutlookOf& outlook_of, const Sink& sink, const RejectionSink& rejected) {
    if (!waiting_.empty()) {
        for (auto& each : rules_) each.outlook = outlook_of(each.rule.near);
        hand_out(sink, rejected);
    }
    forget_what_is_past(outlook_of);
}

void Suppressor::finish(const Sink& sink, const RejectionSink& rejected) {
    for (auto& each : rules_) each.outlook = kNothingMore;
    hand_out(sink, rejected);
    begin(at_once_);
}

void Suppressor::hand_out(const Sink& sink, const RejectionSink& rejected) {
    std::set<std::string> held;  // labels of which an event waits
    for (auto event = waiting_.begin(); event != waiting_.end();) {
        const bool behind = held.contains(event->label);
        const auto verdict = behind ? Verdict{true, {}} : judge(*event);
        if (behind || (verdict.open && waiting_.size() <= kMaxWaiting)) {
            if (!at_once_) return;
            held.insert((event++)->label);
            continue;
        }
        if (!verdict.muted) {
            sink(*event);
        } else if (rejected) {
            rejected({*event, *verdict.muted});
        }
        event = waiting_.erase(event);
    }
}

Suppressor::Verdict Suppressor::judge(const label::Event& event) const {
    Verdict verdict;
    for (const auto& each : rules_) {
        if (each.rule.label != event.label) continue;
        const double reach_s = each.rule.within_s + kTolerance_s;
        if (const auto near = found_near(each, event)) {
            if (!verdict.muted) verdict.muted = Suppressed{each.rule.near, near->onset_s, each.rule.within_s};
        } else if (each.outlook.earliest_s <= event.offset_s + reach_s) {
            verdict.open = true;
        }
    }
    return verdict;
}

/// The first event of rule.near that is close enough, of those that are known.
std::optional<Suppressor::Span> Suppressor::found_near(const Rule& rule, const label::Event& event) const {
    const double reach_s = rule.rule.within_s + kTolerance_s;
    const auto close = [&](const Span& span) {
        return span.onset_s <= event.offset_s + reach_s && span.offset_s >= event.onset_s - reach_s;
    };
    const auto first = std::ranges::lower_bound(rule.heard, event.onset_s - reach_s, {}, &Span::offset_s);
    if (first != rule.heard.end() && close(*first)) return *first;
    if (!rule.outlook.certain) return std::nullopt;
    const Span sounding{rule.outlook.certain->first, rule.outlook.certain->second};
    return close(sounding) ? std::optional(sounding) : std::nullopt;
}

/// Forgets events that are too early to mute any that waits or may come.
void Suppressor::forget_what_is_past(const OutlookOf& outlook_of) {
    for (auto& [rule, heard, outlook] : rules_) {
        if (heard.empty()) continue;
        const auto first = std::ranges::find(waiting_, rule.label, &label::Event::label);
        double earliest_s = outlook_of(rule.label).earliest_s;
        if (first != waiting_.end()) earliest_s = std::min(earliest_s, first->onset_s);
        while (!heard.empty() && heard.front().offset_s + rule.within_s + kTolerance_s < earliest_s)
            heard.pop_front();
    }
}

}  // namespace earshot::detect
