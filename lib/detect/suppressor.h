#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "detect/event_detector.h"
#include "detect/rejection.h"
#include "detect/suppression_rule.h"

namespace earshot::detect {

/// Drops events that other events mute. It takes the events of an EventDetector as they come out, and holds
/// each until all rules about its label are decided: until no further event may begin close enough to it.
///
/// All events mute, those that are muted themselves included; so the result does not depend on the order of
/// rules and events. Those of one label come out in the order in which they came. Memory is bounded: at most
/// kMaxWaiting events wait, and so many events of a label that mutes are remembered; beyond that, the
/// earliest event is decided with what is known, and the earliest remembered one is forgotten.
class Suppressor {
 public:
    using Sink = EventDetector::Sink;
    using OutlookOf = std::function<EventDetector::Outlook(const std::string& label)>;
    static constexpr std::size_t kMaxWaiting = EventDetector::kMaxWaiting;

    explicit Suppressor(std::vector<SuppressionRule> rules);

    /// Starts a recording. @param at_once  decide events as soon as possible, rather than in the order in
    /// which they came
    void begin(bool at_once);
    /// Whether there is a rule that mutes the label.
    bool may_mute(const std::string& label) const;

    /// A final event. Events of one label must come in order.
    void push(const label::Event& event);
    /// Hands out what can be decided. @param outlook_of  says which events may still come
    void release(const OutlookOf& outlook_of, const Sink& sink, const RejectionSink& rejected);
    /// No more events will come: decides the rest, and resets.
    void finish(const Sink& sink, const RejectionSink& rejected);

 private:
    struct Span {
        double onset_s, offset_s;
    };
    struct Rule {
        SuppressionRule rule;
        std::deque<Span> heard;          // events of rule.near that may still matter
        EventDetector::Outlook outlook;  // of rule.near
    };
    struct Verdict {
        bool open = false;  // some rule is undecided
        std::optional<Suppressed> muted;
    };
    Verdict judge(const label::Event& event) const;
    std::optional<Span> found_near(const Rule& rule, const label::Event& event) const;
    void hand_out(const Sink& sink, const RejectionSink& rejected);
    void forget_what_is_past(const OutlookOf& outlook_of);

    std::vector<Rule> rules_;
    std::deque<label::Event> waiting_;
    bool at_once_ = false;
};

}  // namespace earshot::detect
