#include "tools/detect/event_programs.h"

namespace earshot::tools {
namespace {

/// A member of the JSON as the value of an environment variable; empty if it is missing.
std::string value_of(const nlohmann::ordered_json& row, const char* key) {
    const auto found = row.find(key);
    if (found == row.end()) return {};
    return found->is_string() ? found->get<std::string>() : found->dump();
}

}  // namespace

EventPrograms::EventPrograms(const std::string& command, std::string device, bool partial, bool mute)
    : device_(std::move(device)), partial_(partial), runner_(live::parse_program(command), mute) {}

void EventPrograms::starts(const live::LiveEvent& event) {
    if (partial_) run(event, live::EventState::start);
}

void EventPrograms::ends(const live::LiveEvent& event) {
    run(event, partial_ ? live::EventState::end : live::EventState::whole);
}

void EventPrograms::run(const live::LiveEvent& event, live::EventState state) {
    const auto row = live::live_event_json(device_, event, state);
    live::ProgramRunner::Environment environment;
    for (const auto& [variable, key] :
         {std::pair("EARSHOT_FILE", "file"), std::pair("EARSHOT_LABEL", "label"),
          std::pair("EARSHOT_ONSET", "onset"), std::pair("EARSHOT_OFFSET", "offset"),
          std::pair("EARSHOT_SCORE", "score"), std::pair("EARSHOT_TIME", "time"),
          std::pair("EARSHOT_STATE", "state")})
        environment.emplace_back(variable, value_of(row, key));
    runner_.start(std::move(environment),
                  row.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace earshot::tools
