#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/frontend.h"
#include "support/error.h"

namespace earshot::frontend {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const Json kGood = {{"kind", "spectrum"}, {"rate_hz", 44100}, {"duration_s", 2.0},
                    {"low_hz", 20},       {"high_hz", 20000}, {"bins", 100}};

Json with(const char* key, const Json& value) {
    Json settings = kGood;
    settings[key] = value;
    return settings;
}

void expect_error(const Json& settings, const std::string& part) {
    EXPECT_THAT([&] { make_frontend(settings); }, ThrowsMessage<Error>(HasSubstr(part))) << part;
}

TEST(FrontendSettings, GoodOnesAreTaken) {
    EXPECT_NO_THROW(make_frontend(kGood));
    EXPECT_NO_THROW(make_frontend(with("rate_hz", 44100.0)));  // as other programs' JSON may have it
    EXPECT_NO_THROW(make_frontend(with("high_hz", 22050)));
    EXPECT_NO_THROW(make_frontend(with("low_hz", 0)));
}

TEST(FrontendSettings, WrongOnesAreNamed) {
    expect_error(with("high_hz", 22051),
                 "high_hz is 22051, but sound at 44100 Hz reaches 22050 Hz only (lower");
    expect_error(with("low_hz", 20000), "low_hz is 20000, must be below high_hz, 20000");
    expect_error(with("low_hz", -1), "low_hz is -1, must be a number from 0 to");
    expect_error(with("bins", 0), "bins is 0, must be a whole number from 1 to 65536");
    expect_error(with("bins", 2.5), "bins is 2.5, must be a whole number");
    expect_error(with("bins", 1e300), "bins is 1e+300");
    expect_error(with("bins", -9223372036854775807), "bins is -9223372036854775807");
    expect_error(with("bins", 18446744073709551615U), "bins is 18446744073709551615");
    expect_error(with("rate_hz", 0), "rate_hz is 0");
    expect_error(with("rate_hz", 2000000000), "rate_hz is 2000000000");
    expect_error(with("duration_s", 0), "duration_s is 0");
    expect_error(with("duration_s", 1e9), "duration_s is 1000000000.0");
    expect_error(with("duration_s", "2"), "duration_s is \"2\"");
    expect_error(with("duration_s", nullptr), "duration_s is null");
    expect_error(with("duration_s", true), "duration_s is true");
    expect_error(with("duration_s", {1, 2}), "duration_s is an array");
    expect_error(with("bins", std::string(10000, 'x')), "...");
    expect_error(with("window", "hann"), "unknown setting \"window\"");
    expect_error(with("kind", "cepstrum"), "unknown kind \"cepstrum\" (known: spectrum, logmel");
    expect_error(with("kind", "\xff\xfe"), "unknown kind");
    expect_error(with("kind", 3), "must be an object with a kind");
    Json missing = kGood;
    missing.erase("bins");
    expect_error(missing, "setting bins is missing");
}

TEST(FrontendSettings, OtherThanObjectsAreRefused) {
    for (const Json& json : {Json(nullptr), Json(3), Json("spectrum"), Json::array({1, 2}), Json::object()})
        expect_error(json, "settings must be an object with a kind");
}

TEST(FrontendDifference, NamesTheFirstWithBothSides) {
    EXPECT_EQ(frontend_difference(kGood, kGood), "");
    EXPECT_EQ(frontend_difference(kGood, with("duration_s", 2)), "");  // 2 and 2.0
    EXPECT_EQ(frontend_difference(with("rate_hz", 16000), kGood), "sample rate 16000 here, 44100 there");
    EXPECT_EQ(frontend_difference(with("kind", "logmel"), kGood), "front end logmel here, spectrum there");
    EXPECT_EQ(frontend_difference(kGood, with("window", "hann")), "window none here, hann there");
    EXPECT_EQ(frontend_difference(with("window", "hann"), kGood), "window hann here, none there");
    EXPECT_EQ(frontend_difference(kGood, nullptr), "front end known here, unknown there");
    EXPECT_EQ(frontend_difference(nullptr, nullptr), "");
}

TEST(FrontendDifference, OrderOfKeysDoesNotMatter) {
    Json turned;
    for (auto item = kGood.rbegin(); item != kGood.rend(); ++item) turned[item.key()] = item.value();
    EXPECT_EQ(frontend_difference(kGood, turned), "");
}

}  // namespace
}  // namespace earshot::frontend
