#pragma once

#include <alsa/asoundlib.h>

#include <memory>

namespace earshot::capture {

struct AlsaDeleter {
    void operator()(snd_pcm_t* pcm) const { snd_pcm_close(pcm); }
    void operator()(snd_ctl_t* control) const { snd_ctl_close(control); }
};
template <class T>
using AlsaPtr = std::unique_ptr<T, AlsaDeleter>;

/// ALSA prints its errors to stderr besides returning them.
inline void discard_alsa_error(const char*, int, const char*, int, const char*, ...) {}
inline void silence_alsa() { snd_lib_error_set_handler(discard_alsa_error); }

}  // namespace earshot::capture
