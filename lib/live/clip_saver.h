#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "live/live_sink.h"
#include "live/sound_history.h"
#include "support/bounded_queue.h"

namespace earshot::live {

struct ClipOptions {
    std::string directory;  // created if missing
    double pre_s = 2, post_s = 2;
    double muted_within_s = 0;  // for how long after its end another event may mute one
    std::string device;         // for the JSON
};

/// Saves the sound of each event, with some sound before and after it: a WAV named after the UTC of its first
/// sample and the label, and a JSON file of the same name, written once the WAV is complete. A clip ends
/// early at a gap. The clip of an event that may be muted is begun too, and removed if it is. Files are
/// written on a thread of the saver's own and never block the caller; if kMaxWaiting samples are pending,
/// clips are dropped and counted. Memory use does not depend on the length of an event.
class ClipSaver : public LiveSink {
 public:
    static constexpr std::size_t kMaxWaiting = std::size_t{1} << 24;  // samples, 64 MiB

    /// Length of history needed: sound stays in it until the end of an event is known.
    static double history_s(const ClipOptions& options);

    /// @param history  receives sound before this does; must outlive it
    /// @throws WriteError if the directory cannot be created
    ClipSaver(ClipOptions options, const SoundHistory& history);
    ~ClipSaver() override;

    void samples(std::int64_t position, UtcTime time, std::span<const float> samples) override;
    void may_start(const LiveEvent& event) override;
    void starts(const LiveEvent& event) override;
    void rejects(const LiveRejection& rejection) override;
    void ends(const LiveEvent& event) override;
    void gap(const LiveGap& gap) override;

    /// Saves the last seconds. @return path of the file that is being written
    std::string save_last(double duration_s);

    /// Ends all clips and waits until they are written. Nothing may be pushed after this.
    void finish();

    struct Totals {
        std::int64_t saved = 0, failed = 0;
        std::string problem;  // of the first failure
    };
    Totals totals() const;

 private:
    struct Clip {  // in progress
        LiveEvent event;
        std::filesystem::path path;
        UtcTime time;                      // of the first sample
        std::int64_t first = 0, sent = 0;  // positions
        std::optional<std::int64_t> end;   // once known
        int id = 0;
        bool certain = true;  // false: it may be muted
    };
    struct Job {  // for the thread: samples of a clip; the last job has its JSON
        int id;
        std::filesystem::path path;
        std::vector<float> samples;
        std::string json;
        bool last;
        std::string problem;    // why samples are missing
        bool unwanted = false;  // the event was muted: remove the clip
    };
    class File;

    Clip* open_clip(const std::string& label);
    Clip& clip_of(const LiveEvent& event);
    Clip& begin(const LiveEvent& event);
    void end_all();
    void discard(const Clip& clip);
    void send(Clip& clip, std::int64_t end, bool last);
    void post(Job job);
    std::filesystem::path path_of(UtcTime time, const std::string& label) const;
    std::int64_t position_of(double time_s) const;
    void run();
    void write(Job& job);

    const ClipOptions options_;
    const SoundHistory& history_;
    std::list<Clip> clips_;
    int next_id_ = 0;

    BoundedQueue<Job> jobs_{kMaxWaiting};
    mutable std::mutex mutex_;
    Totals totals_;
    std::list<File> files_;  // the thread's
    std::jthread thread_;
};

}  // namespace earshot::live
