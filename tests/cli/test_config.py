"""Configuration files and recipes, with every command of the table. What one command does with them is in
tests/unit/tools/tool_test.cpp."""
import tomllib

from support.sandbox import COMMANDS, SOURCE, Sandbox

RECIPES = sorted(path.stem for path in (SOURCE / "share/recipes").glob("*.toml"))
# What a dump calls options that have a second name in the terms of mel spectra.
ALIASES = {"datagen": {"sample-duration": "frame", "mels": "bins"}}


class Config(Sandbox):
    def dump(self, command, *words):
        return self.earshot(command, *words, "--dump-config").text()

    def test_dump_is_toml_and_reads_back_as_itself(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                text = self.dump(command)
                self.assertEqual(list(tomllib.loads(text)), [command])
                (self.dir / "dumped.toml").write_text(text)
                self.assertEqual(self.dump(command, "--config", "dumped.toml"), text)

    def test_recipes_suit_every_command(self):
        self.assertIn("spectrum-mlp", RECIPES)
        for recipe in RECIPES:
            for command in COMMANDS:
                with self.subTest(recipe=recipe, command=command):
                    text = self.dump(command, "--recipe", recipe)
                    wanted = tomllib.loads((SOURCE / f"share/recipes/{recipe}.toml").read_text()).get(command, {})
                    dumped = tomllib.loads(text)[command]
                    self.assertLessEqual({ALIASES.get(command, {}).get(key, key) for key in wanted}, dumped.keys())
                    (self.dir / "dumped.toml").write_text(text)
                    self.assertEqual(self.dump(command, "--config", "dumped.toml"), text)

    def test_unknown_keys_and_sections_name_the_line(self):
        (self.dir / "key.toml").write_text("[train]\n\nepoch = 3\n")
        self.earshot("train", "--config", "key.toml", "--dump-config", status=2,
                     stderr="key.toml: line 3: [train] has no option 'epoch' (did you mean epochs?)")
        (self.dir / "section.toml").write_text("[tarin]\nepochs = 3\n")
        for command in COMMANDS:  # whichever reads the file
            self.earshot(command, "--config", "section.toml", "--dump-config", status=2,
                         stderr="[tarin] is not a command (did you mean train?)")

    def test_unknown_recipe_names_those_there_are(self):
        result = self.earshot("datagen", "--recipe", "spectrum-mpl", "--dump-config", status=2, stderr="spectrum-mlp")
        self.assertIn("did you mean spectrum-mlp?", result.err)

    def test_a_file_without_quotes_is_told_where_they_belong(self):
        """Before toml++ a value of one word needed none."""
        (self.dir / "old.toml").write_text("[datagen]\nhop = 10ms\n")
        self.earshot("datagen", "--config", "old.toml", "--dump-config", status=2,
                     stderr='old.toml: line 2: text needs quotes (write hop = "10ms")')

    def test_old_spellings_work_with_one_warning_each(self):
        for command, old, new, value in (("datagen", "window", "frame", "25ms"), ("train", "device", "compute", "cpu")):
            with self.subTest(command=command):
                wanted = self.dump(command, f"--{new}", value)
                (self.dir / "old.toml").write_text(f'[{command}]\n{old} = "{value}"\n')
                for words, said in (([f"--{old}", value], f"warning: --{old} is now --{new}"),
                                    ([f"--{old}={value}"], f"warning: --{old} is now --{new}"),
                                    (["--config", "old.toml", "-q"], f"warning: old.toml: line 2: {old} is now {new}")):
                    run = self.earshot(command, *words, "--dump-config", stderr=said)
                    self.assertEqual(run.text(), wanted)
                    self.assertEqual(len(run.err.splitlines()), 1, run.err)
                self.assertNotIn(f"--{old}\t", self.earshot(command, "--describe-options").text())
        self.assertIn('device = "-"', self.dump("locate", "--array", "x", "--device", "-"))  # a microphone
