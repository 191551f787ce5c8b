#include <gmock/gmock.h>

#include "label/segment_cutter.h"

namespace earshot::label {
namespace {

TEST(FileNamePart, keeps_letters_of_all_scripts_and_nothing_that_has_a_meaning) {
    EXPECT_EQ(file_name_part("crying_baby"), "crying_baby");
    EXPECT_EQ(file_name_part("Käuzchen 犬"), "Käuzchen_犬");
    EXPECT_EQ(file_name_part("../../etc/passwd"), "_.._.._etc_passwd");
    EXPECT_EQ(file_name_part(".."), "_..");
    EXPECT_EQ(file_name_part(""), "_");
    EXPECT_EQ(file_name_part("a\"b'c`d$e*f?g:h|i\\j<k>l&m;n#o~p!q\n\x7F"),
              "a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q__");
}

TEST(FileNamePart, is_cut_off_between_characters) {
    EXPECT_EQ(file_name_part(std::string(200, 'x')).size(), 80U);
    std::string wide = "x";
    for (int i = 0; i < 100; ++i) wide += "é";
    const auto part = file_name_part(wide);
    EXPECT_EQ(part.size(), 79U);
    EXPECT_TRUE(part.ends_with("é"));
}

}  // namespace
}  // namespace earshot::label
