"""Any story of a drill ends well: it dies, is hindered, is gone on with and waits, in whatever order."""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.drills.dying import drill
from tests.drills.scenarios import SCENARIOS
from tests.drills.test_crash_matrix import FAULTS, asked, demand_sound, planted, recorded, tagged

SCENARIO = SCENARIOS[0]


def story(sandbox, folder):
    """Return the machine of all stories in a local Azure."""

    class Story(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            planted(SCENARIO, sandbox, folder)
            self.begun = self.ended = False

        @precondition(lambda self: not self.ended)
        @rule(last=st.integers(3, 150))
        def it_runs_until_it_dies(self, last):
            """It is begun or gone on with, and killed where it lasts so long."""
            self.ended = drill(SCENARIO, sandbox, folder, last=last, resume=self.begun) is not None
            self.begun = True

        @precondition(lambda self: not self.ended)
        @rule(name=st.sampled_from([name for name in FAULTS if name != "timeout"]), nth=st.integers(1, 12))
        def azure_will_hinder_it(self, name, nth):
            """One of the next requests is hindered."""
            effect, words = FAULTS[name]
            sandbox.fault(effect, **{"path": "re:^/(?!metadata)", "nth": nth, "count": 1, **words})

        @rule(hours=st.integers(1, 30))
        def time_passes(self, hours):
            """Nobody is at work."""
            sandbox.store.set_clock(sandbox.store.now() + timedelta(hours=hours))

        @invariant()
        def it_is_asked_for_once(self):
            """Whatever happened."""
            assert asked(sandbox) <= 1

        def teardown(self):
            """Go on to its end, and look."""
            if self.begun and not self.ended:
                drill(SCENARIO, sandbox, folder, resume=True)
            if self.begun:
                demand_sound(SCENARIO, sandbox, recorded(folder))
            else:
                assert not tagged(sandbox)

    return Story


def test_any_story_of_a_drill_ends_well(sandbox, tmp_path, monkeypatch):
    """Asked for once, cleared away or said, and never better than the truth."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    few = settings(
        max_examples=25,
        stateful_step_count=8,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    run_state_machine_as_test(story(sandbox, tmp_path), settings=few)
