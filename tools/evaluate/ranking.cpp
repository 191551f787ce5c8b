#include "tools/evaluate/ranking.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/model_file.h"
#include "support/error.h"
#include "tools/evaluate/judgement.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;

/// A number somewhere in a report; null where it is missing.
Json at(const Json& report, std::initializer_list<const char*> keys) {
    const Json* place = &report;
    for (const char* key : keys) {
        if (!place->is_object() || !place->contains(key)) return nullptr;
        place = &(*place)[key];
    }
    return place->is_number() ? *place : Json();
}

Json row_of(const std::string& model, const std::string& data, const Json& report) {
    return {{"model", model},
            {"data", data},
            {"windows", at(report, {"windows"})},
            {"accuracy", at(report, {"accuracy"})},
            {"balanced_accuracy", at(report, {"balanced_accuracy"})},
            {"macro_f1", at(report, {"macro", "f1"})},
            {"macro_average_precision", at(report, {"macro", "average_precision"})},
            {"open_set_roc_auc", at(report, {"open_set", "roc_auc"})}};
}

Json judged_row(const std::string& model, EvaluateOptions options, Context& context) {
    if (options.data.empty() && options.background_data.empty()) {
        const Json metrics = model::read_model_file(model).metrics;
        if (!metrics.is_object() || !metrics.contains("accuracy"))
            throw Error(fmt::format("{}: has no training metrics to rank it by (give DATA)", model));
        const bool tested = metrics.contains("test");
        const Json& said = metrics.contains("data") ? metrics["data"] : Json("");
        return row_of(model,
                      tested             ? "test"
                      : said.is_string() ? said.get<std::string>()
                                         : "",
                      tested ? metrics["test"] : metrics);
    }
    options.model = model;
    Judgement judgement(options, context);
    if (!judgement.judge(nullptr)) throw Error(fmt::format("{}: no labelled data to evaluate it on", model));
    return row_of(model, "given", judgement.json());
}

std::string cell(const Json& number) {
    return number.is_null() ? "-" : fmt::format("{:.3f}", number.get<double>());
}

std::string table(const Json& rows) {
    std::size_t width = 5;
    for (const Json& row : rows) width = std::max(width, row["model"].get<std::string>().size());
    std::string text =
        fmt::format("{:>4}  {:<{}}  {:<10}  {:>7}  {:>8}  {:>8}  {:>8}  {:>7}  {:>7}\n", "rank", "model",
                    width, "data", "windows", "macro F1", "balanced", "accuracy", "PR area", "unknown");
    int rank = 0;
    for (const Json& row : rows) {
        text += fmt::format("{:>4}  {:<{}}  {:<10}  {:>7}  {:>8}  {:>8}  {:>8}  {:>7}  {:>7}\n", ++rank,
                            row["model"].get<std::string>(), width, row["data"].get<std::string>(),
                            row["windows"].is_null() ? "-" : row["windows"].dump(), cell(row["macro_f1"]),
                            cell(row["balanced_accuracy"]), cell(row["accuracy"]),
                            cell(row["macro_average_precision"]), cell(row["open_set_roc_auc"]));
    }
    return text;
}

}  // namespace

std::string json_text(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Exit rank_models(const std::vector<std::string>& models, const EvaluateOptions& options, Context& context) {
    std::vector<Json> rows;
    for (const std::string& model : models) {
        try {
            rows.push_back(judged_row(model, options, context));
        } catch (const UsageError&) {
            throw;
        } catch (const Error& error) {
            context.console.error(error.what());
        }
    }
    if (rows.empty()) return Exit::failure;
    const auto score = [](const Json& row) {
        return row["macro_f1"].is_null() ? -1 : row["macro_f1"].get<double>();
    };
    std::ranges::stable_sort(rows, std::ranges::greater(), score);
    const auto out = options.output == "-" ? nullptr : open_text_output(options.output);
    Output& report = out ? *out : context.out;
    report.write(options.json ? json_text(rows) : table(rows));
    if (out) out->close();
    return rows.size() < models.size() ? Exit::partial : Exit::ok;
}

}  // namespace earshot::tools
