#pragma once

namespace earshot::train {

/// How the learning rate goes over a run of all epochs.
enum class Schedule {
    constant,
    cosine,     // falls to nothing along half a cosine (Loshchilov and Hutter, ICLR 2017, without restarts)
    one_cycle,  // climbs from a 25th for 30 % of the run, then falls to nothing, along half cosines (Smith,
                // 2018)
    plateau     // halves whenever kPlateauEpochs have gone by without a better one (History::plateau_share)
};
constexpr int kPlateauEpochs = 5;

/// Share of the learning rate when `done`, from 0 to 1, of the run is over; of plateau, 1.
double rate_share(Schedule schedule, double done);

}  // namespace earshot::train
