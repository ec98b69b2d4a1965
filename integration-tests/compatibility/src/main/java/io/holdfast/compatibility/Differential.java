package io.holdfast.compatibility;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A whole run: scripts of one seed until enough operations are compared. */
final class Differential implements AutoCloseable {
  static final int SCRIPT_STEPS = 200;

  /** Different differences after which a run ends. */
  private static final int FINDINGS_MAX = 12;

  private static final int SCRIPTS_PER_WORD = 50;

  private final ApiLevel level;
  private final Arena arena;
  private final Ledger ledger = new Ledger();
  private final List<String> findings = new ArrayList<>();
  private final Set<String> signatures = new HashSet<>();

  private Differential(ApiLevel level, Arena arena) {
    this.level = level;
    this.arena = arena;
  }

  static Differential start(Path directory) {
    ApiLevel level = ApiLevel.parse(Arena.etcdVersion());
    return new Differential(level, Arena.start(directory));
  }

  /** Runs the seed's scripts from the given one on; the first one of a run sees empty stores. */
  void run(long seed, long firstScript, long operations) {
    for (long number = firstScript;
        ledger.operations() < operations && findings.size() < FINDINGS_MAX;
        number++) {
      List<Step> script = Generator.script(seed, number, SCRIPT_STEPS, level);
      run(script, number == firstScript, "seed " + seed + ", script " + number);
      if ((number - firstScript) % SCRIPTS_PER_WORD == SCRIPTS_PER_WORD - 1) {
        System.out.printf("%,d operations compared%n", ledger.operations());
      }
    }
  }

  /** Runs one script; a difference is shrunk and becomes a finding. */
  void run(List<Step> script, boolean fresh, String name) {
    Optional<Difference> found = new ScriptRun(arena, level, ledger).run(script, fresh);
    if (found.isPresent() && signatures.add(found.get().signature())) {
      findings.add(describe(name, script, found.get()));
    }
  }

  private String describe(String name, List<Step> script, Difference found) {
    Ledger unused = new Ledger();
    Optional<Difference> again = new ScriptRun(arena, level, unused).run(script, false);
    boolean repeats = again.isPresent() && again.get().signature().equals(found.signature());
    Shrinker.Shrunk shrunk =
        repeats
            ? Shrinker.shrink(steps -> tried(steps, unused), script, found)
            : new Shrinker.Shrunk(
                script.subList(0, Math.min(script.size(), found.position() + 1)), found);
    signatures.add(shrunk.difference().signature());
    StringBuilder text = new StringBuilder("# " + name);
    text.append(repeats ? "\n" : " (did not show again, so it is not shrunk)\n");
    text.append("# ").append(shrunk.difference().toString().replace("\n", "\n# ")).append('\n');
    shrunk.script().forEach(step -> text.append(step.text()).append('\n'));
    return text.toString();
  }

  /** A candidate may be one that a store does not survive: that is another difference. */
  private Optional<Difference> tried(List<Step> script, Ledger unused) {
    try {
      return new ScriptRun(arena, level, unused).run(script, false);
    } catch (IllegalStateException broken) {
      System.err.println("while shrinking: " + broken.getMessage());
      arena.startAnew();
      return Optional.empty();
    }
  }

  /** Scripts that show differences which nobody has explained, with what differs. */
  List<String> findings() {
    return findings;
  }

  Ledger ledger() {
    return ledger;
  }

  ApiLevel level() {
    return level;
  }

  @Override
  public void close() {
    arena.close();
  }
}
