package io.holdfast.server.raft.scenario;

import io.holdfast.server.raft.Bootstrap;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.RaftConfig;
import io.holdfast.server.raft.RaftInvariantError;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.Role;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Runs the commands of one scenario file against real cores and answers with the lines that belong
 * below each. Commands, one a line behind "&gt; ":
 *
 * <pre>
 *   members 1..3 [election=10] [heartbeat=1] [inflight=4] [append=1000] [uncommitted=100000]
 *                [reads=10] [preVote=true] [checkQuorum=true]     settings of members made from here on
 *                [learners=4,5] [outgoing=1,2,3]                  other members than the voters
 *   member 2 [log=1,1,4] [term=4] [vote=0] [commit=0] [applied=0]   one member, log given by its terms
 *   tick 1 [n]             elect 1 (ticks until it stands or leads)
 *   propose 1 a b          read 1 7            transfer 1 2
 *   join 4                 starts a member that knows nothing
 *   change 1 voter=4 learner=5 remove=2     asks for a membership change; "change 1" for one without steps
 *   membership             what each takes for the membership
 *   deliver [1-&gt;2] [Type]  all that is on the way (and what follows), or one message
 *   drop [1-&gt;2] [Type]     all such messages     pending
 *   cut 1 2 | cut 1-&gt;2     heal
 *   async 1 | sync 1 [n] | auto 1   a disk that waits for "sync" (of its n oldest writes)
 *   restart 1              snapshot 1 5 [keepFrom]       arrived 2 1 true|false (report of a snapshot)
 *   unreachable 1 2        gone 2 1 (2 learns that 1 has ended)
 *   near 1 2 | far 1 2     1 learns how soon 2 answers
 *   status                 logs                     progress 1
 * </pre>
 */
final class Scenario {
  private static final int DELIVERIES_MAX = 10_000;

  private final Map<Long, ScenarioMember> members = new TreeMap<>();
  private final List<Message> network = new ArrayList<>();
  private final Set<String> cuts = new HashSet<>();
  private final List<String> lines = new ArrayList<>();
  private final Map<String, String> settings = new TreeMap<>();
  private ConfState confState;
  private final SortedSet<Long> voters = new TreeSet<>();

  List<String> run(String command) {
    lines.clear();
    String[] words = command.trim().split("\\s+");
    List<String> arguments = Arrays.asList(words).subList(1, words.length);
    try {
      execute(words[0], arguments);
    } catch (RaftInvariantError error) {
      lines.add("ends: " + error.getMessage());
    }
    return List.copyOf(lines);
  }

  private void execute(String verb, List<String> arguments) {
    switch (verb) {
      case "members" -> defineMembers(arguments);
      case "member" -> create(Long.parseLong(arguments.get(0)), options(arguments));
      case "tick" -> tick(member(arguments, 0), arguments);
      case "elect" -> elect(member(arguments, 0));
      case "propose" -> member(arguments, 0).step(new Input.Propose(commands(arguments)));
      case "read" -> member(arguments, 0).step(new Input.ReadIndex(number(arguments, 1)));
      case "transfer" -> member(arguments, 0).step(new Input.TransferLeader(number(arguments, 1)));
      case "join" -> join(number(arguments, 0));
      case "change" -> member(arguments, 0).step(new Input.ChangeConfig(change(arguments)));
      case "membership" -> members.values().forEach(m -> lines.add(m.id + " " + m.membership()));
      case "deliver" -> deliver(arguments);
      case "drop" -> network.removeIf(message -> matches(message, arguments));
      case "pending" -> network.forEach(message -> lines.add(describe(message)));
      case "cut" -> cut(arguments);
      case "heal" -> cuts.clear();
      case "async" -> member(arguments, 0).manualSync = true;
      case "auto" -> member(arguments, 0).manualSync = false;
      case "sync" -> {
        ScenarioMember member = member(arguments, 0);
        member.sync(arguments.size() > 1 ? (int) number(arguments, 1) : member.unsyncedWrites());
      }
      case "restart" -> member(arguments, 0).restart();
      case "snapshot" -> {
        long index = number(arguments, 1);
        long keepFrom = arguments.size() > 2 ? number(arguments, 2) : index + 1;
        member(arguments, 0).saveSnapshot(index, keepFrom);
      }
      case "arrived" ->
          member(arguments, 0)
              .step(
                  new Input.SnapshotReported(
                      number(arguments, 1), Boolean.parseBoolean(arguments.get(2))));
      case "unreachable" -> member(arguments, 0).step(new Input.Unreachable(number(arguments, 1)));
      case "near" -> member(arguments, 0).step(new Input.Distance(number(arguments, 1), true));
      case "far" -> member(arguments, 0).step(new Input.Distance(number(arguments, 1), false));
      case "gone" -> member(arguments, 0).step(new Input.Gone(number(arguments, 1)));
      case "status" -> members.values().forEach(m -> lines.add(m.id + " " + m.describe()));
      case "logs" -> members.values().forEach(m -> lines.add(m.id + m.diskLog()));
      case "progress" -> lines.addAll(member(arguments, 0).progress());
      default -> throw new IllegalArgumentException("no such command: " + verb);
    }
  }

  private void defineMembers(List<String> arguments) {
    String[] range = arguments.get(0).split("\\.\\.");
    settings.putAll(options(arguments));
    for (long id = Long.parseLong(range[0]); id <= Long.parseLong(range[1]); id++) {
      voters.add(id);
    }
    confState = new ConfState(voters, ids("outgoing"), ids("learners"), new TreeSet<>(), false);
    confState.members().forEach(id -> create(id, Map.of()));
  }

  private SortedSet<Long> ids(String setting) {
    SortedSet<Long> ids = new TreeSet<>();
    if (settings.containsKey(setting)) {
      for (String id : settings.get(setting).split(",")) {
        ids.add(Long.parseLong(id));
      }
    }
    return ids;
  }

  private void create(long id, Map<String, String> options) {
    List<Entry> entries = new ArrayList<>();
    String log = options.getOrDefault("log", "");
    for (String term : log.isEmpty() ? new String[0] : log.split(",")) {
      entries.add(
          new Entry(entries.size() + 1, Long.parseLong(term), EntryType.NORMAL, bytes("t" + term)));
    }
    long applied = setting(options, "applied", 0);
    Restored restored =
        new Restored(
            new HardState(
                setting(options, "term", 0),
                setting(options, "vote", 0),
                setting(options, "commit", 0)),
            SnapshotMetadata.initial(confState),
            entries,
            applied);
    members.put(id, new ScenarioMember(config(id), restored, lines::add, this::send));
  }

  private RaftConfig config(long id) {
    return new RaftConfig(
        id,
        (int) setting(settings, "election", 10),
        (int) setting(settings, "heartbeat", 1),
        (int) setting(settings, "inflight", 4),
        setting(settings, "inflightBytes", 100_000),
        setting(settings, "append", 1000),
        setting(settings, "uncommitted", 100_000),
        (int) setting(settings, "reads", 10),
        Boolean.parseBoolean(settings.getOrDefault("preVote", "true")),
        Boolean.parseBoolean(settings.getOrDefault("checkQuorum", "true")),
        bound -> 0);
  }

  private void join(long id) {
    members.put(id, new ScenarioMember(config(id), Bootstrap.joining(), lines::add, this::send));
  }

  private static ConfChange change(List<String> arguments) {
    List<ConfChange.Step> steps = new ArrayList<>();
    for (String argument : arguments.subList(1, arguments.size())) {
      String[] parts = argument.split("=");
      ConfChange.Kind kind =
          switch (parts[0]) {
            case "voter" -> ConfChange.Kind.ADD_VOTER;
            case "learner" -> ConfChange.Kind.ADD_LEARNER;
            case "remove" -> ConfChange.Kind.REMOVE;
            default -> throw new IllegalArgumentException("no such step: " + argument);
          };
      steps.add(new ConfChange.Step(kind, Long.parseLong(parts[1])));
    }
    return new ConfChange(steps, new byte[0]);
  }

  private void tick(ScenarioMember member, List<String> arguments) {
    long count = arguments.size() > 1 ? number(arguments, 1) : 1;
    for (long i = 0; i < count; i++) {
      member.step(Input.Tick.INSTANCE);
    }
  }

  private void elect(ScenarioMember member) {
    for (int ticks = 0; ticks < 1000; ticks++) {
      member.step(Input.Tick.INSTANCE);
      if (member.role() != Role.FOLLOWER) {
        return;
      }
    }
    throw new IllegalStateException(member.id + " never stands for election");
  }

  private void send(Message message) {
    if (!cuts.contains(message.from() + "->" + message.to())) {
      network.add(message);
    }
  }

  private void deliver(List<String> filter) {
    if (filter.stream().anyMatch(word -> word.contains("->"))) {
      Message one =
          network.stream()
              .filter(message -> matches(message, filter))
              .findFirst()
              .orElseThrow(() -> new IllegalArgumentException("nothing to deliver: " + filter));
      deliver(one);
      return;
    }
    for (int count = 0; count < DELIVERIES_MAX; count++) {
      Iterator<Message> fitting =
          network.stream().filter(message -> matches(message, filter)).iterator();
      if (!fitting.hasNext()) {
        return;
      }
      deliver(fitting.next());
    }
    throw new IllegalStateException("the members talk without end");
  }

  private void deliver(Message message) {
    network.remove(message);
    if (cuts.contains(message.from() + "->" + message.to())) {
      return;
    }
    lines.add(describe(message));
    ScenarioMember receiver = members.get(message.to());
    if (receiver == null) {
      lines.add("  nobody is there");
    } else {
      receiver.step(new Input.Receive(message));
    }
  }

  private static boolean matches(Message message, List<String> filter) {
    for (String word : filter) {
      boolean fits =
          word.contains("->")
              ? word.equals(message.from() + "->" + message.to())
              : word.equals(message.getClass().getSimpleName());
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  private void cut(List<String> arguments) {
    if (arguments.get(0).contains("->")) {
      cuts.addAll(arguments);
      return;
    }
    for (String one : arguments) {
      for (Long other : members.keySet()) {
        if (!arguments.contains(other.toString())) {
          cuts.add(one + "->" + other);
          cuts.add(other + "->" + one);
        }
      }
    }
  }

  private static String describe(Message message) {
    String fields = message.toString();
    if (message instanceof AppendEntries append) {
      fields =
          "AppendEntries term="
              + append.term()
              + " prev="
              + append.prevLogIndex()
              + "/"
              + append.prevLogTerm()
              + " commit="
              + append.leaderCommit()
              + ScenarioMember.describe(append.entries());
    } else if (message instanceof InstallSnapshot install) {
      fields =
          "InstallSnapshot term="
              + install.term()
              + " "
              + install.snapshot().index()
              + "/"
              + install.snapshot().term();
    } else {
      fields =
          fields
              .replaceFirst("\\[from=-?\\d+, to=-?\\d+, ", " ")
              .replace(", ", " ")
              .replaceAll("]$", "")
              .replaceAll("commands=.*", "")
              .trim();
    }
    return message.from() + "->" + message.to() + " " + fields;
  }

  private static Map<String, String> options(List<String> arguments) {
    Map<String, String> options = new TreeMap<>();
    for (String argument : arguments) {
      int at = argument.indexOf('=');
      if (at > 0) {
        options.put(argument.substring(0, at), argument.substring(at + 1));
      }
    }
    return options;
  }

  private static long setting(Map<String, String> options, String name, long otherwise) {
    return options.containsKey(name) ? Long.parseLong(options.get(name)) : otherwise;
  }

  private static List<byte[]> commands(List<String> arguments) {
    return arguments.subList(1, arguments.size()).stream().map(Scenario::bytes).toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private ScenarioMember member(List<String> arguments, int position) {
    return members.get(number(arguments, position));
  }

  private static long number(List<String> arguments, int position) {
    return Long.parseLong(arguments.get(position));
  }
}
