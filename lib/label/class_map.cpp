#include "label/class_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "label/delimited.h"
#include "label/label_text.h"
#include "support/error.h"

namespace earshot::label {
namespace {

std::vector<std::string> names_of_lines(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        names.emplace_back(trimmed(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return names;
}

}  // namespace

std::vector<std::string> parse_class_map(std::string_view text, const std::string& name) {
    text = plain_text(text, name);
    std::vector<std::string> names;
    DelimitedReader rows(text, name, ',');
    const auto column = rows.next() ? find_column(rows.fields(), {"display_name"}) : std::nullopt;
    if (column) {
        rows.each_row([&] {
            if (rows.fields().size() <= *column) throw Error("display_name is missing");
            names.push_back(rows.fields()[*column]);
        });
    } else {
        names = names_of_lines(text);
    }
    if (names.empty()) throw Error(fmt::format("{}: no class has a name", name));
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::string& label = names[i];
        label = located([&] { return fmt::format("{}: class {}", name, i); },
                        [&] { return checked_label(label); });
        if (const int times = ++seen[label]; times > 1) label += fmt::format(" ({})", times);
    }
    return names;
}

}  // namespace earshot::label
