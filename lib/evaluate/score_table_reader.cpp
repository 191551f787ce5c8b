#include "evaluate/score_table_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "label/delimited.h"
#include "support/error.h"
#include "support/input.h"
#include "support/time_text.h"

namespace earshot::evaluate {
namespace {

constexpr std::size_t kMaxTableBytes = std::size_t{4} << 30;  // 8 h in steps of 40 ms with 500 labels

/// Where the scores of each label are in a row.
struct TableColumns {
    std::size_t fields = 0;
    std::vector<std::optional<std::size_t>> labels;

    TableColumns(const std::vector<std::string>& header, const std::vector<std::string>& wanted)
        : fields(header.size()) {
        if (fields < 3 || label::trimmed(header[0]) != "onset" || label::trimmed(header[1]) != "offset")
            throw Error("expected a header: onset, offset, and the labels");
        for (const auto& label : wanted) {
            const auto found = std::find_if(header.begin() + 2, header.end(), [&](const std::string& name) {
                return label::trimmed(name) == label;
            });
            labels.push_back(found == header.end()
                                 ? std::nullopt
                                 : std::optional(static_cast<std::size_t>(found - header.begin())));
        }
    }
};

}  // namespace

metrics::ScoreSequence read_score_table(const std::string& path, const std::vector<std::string>& labels) {
    InputBuffer input(path);
    const std::string text = input.read_all(kMaxTableBytes);
    label::DelimitedReader rows(text, input.name(), label::sniff_delimiter(text));
    metrics::ScoreSequence scores;
    std::optional<TableColumns> columns;
    std::vector<double> step(labels.size());
    rows.each_row([&] {
        const auto& fields = rows.fields();
        if (!columns) return static_cast<void>(columns.emplace(fields, labels));
        if (fields.size() != columns->fields)
            throw Error(fmt::format("{} fields, expected {}", fields.size(), columns->fields));
        for (std::size_t c = 0; c < labels.size(); ++c) {
            const auto& column = columns->labels[c];
            step[c] =
                column ? parse_number(label::trimmed(fields[*column])) : metrics::ScoreSequence::kUnheard;
        }
        scores.add(parse_number(label::trimmed(fields[0])), parse_number(label::trimmed(fields[1])), step);
    });
    if (!columns) throw Error(fmt::format("{}: empty, expected scores: onset, offset, and the labels", path));
    return scores;
}

std::vector<std::string> score_tables(const std::string& directory) {
    std::vector<std::string> tables;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(directory, none)) {
        if (entry.path().extension() == ".tsv") tables.push_back(entry.path().string());
    }
    if (tables.empty()) {
        throw Error(fmt::format("{}: no score tables (*.tsv, as earshot detect --scores={}/ writes them)",
                                directory, directory));
    }
    std::ranges::sort(tables);
    return tables;
}

}  // namespace earshot::evaluate
