#pragma once

namespace earshot::train {

/// How the learning rate changes during a run.
enum class Schedule {
    constant,
    cosine,     // falls to 0 along half a cosine (Loshchilov and Hutter, ICLR 2017, without restarts)
    one_cycle,  // rises from 1/25 for 30 % of the run, then falls to 0, along half cosines (Smith,
                // 2018)
    plateau     // halves after each kPlateauEpochs epochs without a better one (History::plateau_share)
};
constexpr int kPlateauEpochs = 5;

/// Factor for the learning rate once the fraction `done` of the run is over; 1 for plateau.
double rate_share(Schedule schedule, double done);

}  // namespace earshot::train
