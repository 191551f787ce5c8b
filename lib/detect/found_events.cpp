#include "detect/found_events.h"

#include <string>

namespace earshot::detect {

using Json = nlohmann::ordered_json;

void to_json(Json& json, const FoundEvents& found) {
    Json events = Json::array();
    for (const auto& event : found.events) {
        events.push_back(
            {event.onset_s, event.offset_s, event.label, event.score ? Json(*event.score) : Json()});
    }
    json = {{"count", found.count}, {"events", std::move(events)}, {"rejected", found.rejected}};
}

void from_json(const Json& json, FoundEvents& found) {
    found.count = json.at("count").get<std::size_t>();
    for (const auto& row : json.at("events")) {
        label::Event event{
            row.at(0).get<double>(), row.at(1).get<double>(), row.at(2).get<std::string>(), {}};
        if (!row.at(3).is_null()) event.score = row.at(3).get<double>();
        found.events.push_back(std::move(event));
    }
    for (const auto& row : json.at("rejected")) found.rejected.push_back(row);
}

}  // namespace earshot::detect
