package io.holdfast.server.apply.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.codec.log.LogCompare;
import io.holdfast.server.apply.codec.log.LogEntry;
import io.holdfast.server.apply.codec.log.LogHeader;
import io.holdfast.server.apply.codec.log.LogOperation;
import io.holdfast.server.apply.codec.log.LogTxn;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.mvcc.Key;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bytes in the log, and what is not accepted there. */
class CommandCodecTest {
  private final CommandCodec codec = new CommandCodec();

  /** Entries outlive versions: these bytes must be written and read forever. */
  @Test
  void keepsItsFormat() {
    Command.Put put = new Command.Put(Key.of("k"), new byte[] {1, 2}, 5, true, false, false);
    byte[] expected =
        HexFormat.of()
            .parseHex(
                "a206" + "03" + "08ac02" + "22" + "0b" + "0a016b" + "12020102" + "1805" + "2001");
    assertArrayEquals(expected, codec.encode(300, Caller.ANONYMOUS, put));
    assertEquals(Caller.ANONYMOUS, codec.caller(expected));
    assertEquals(Commands.describe(put), Commands.describe(codec.decode(expected)));
    assertEquals(300, codec.requestId(expected));
  }

  @Test
  void keepsWhoAsked() {
    Command.LeaseRevoke revoke = new Command.LeaseRevoke(5);
    byte[] byUser =
        HexFormat.of()
            .parseHex("a206" + "08" + "08ac02" + "120175" + "1807" + "4a" + "02" + "0805");
    assertArrayEquals(byUser, codec.encode(300, new Caller.SignedIn("u", 7), revoke));
    assertEquals(new Caller.SignedIn("u", 7), codec.caller(byUser));
    byte[] byCluster =
        HexFormat.of().parseHex("a206" + "05" + "08ac02" + "2001" + "4a" + "02" + "0805");
    assertArrayEquals(byCluster, codec.encode(300, Caller.CLUSTER, revoke));
    assertEquals(Caller.CLUSTER, codec.caller(byCluster));
  }

  @Test
  void findsTheIdInHeadersThatHoldMore() {
    byte[] entry =
        entry(LogEntry.newBuilder().setHeader(LogHeader.newBuilder().setId(9).setUsername("u")));
    assertEquals(9, codec.requestId(entry));
  }

  @Test
  void refusesWhatIsNotACommand() {
    assertThrows(InvariantViolation.class, () -> codec.decode(new byte[] {0x0a, 0x7f, 1}));
    assertThrows(InvariantViolation.class, () -> codec.decode(new byte[0]));
    assertThrows(InvariantViolation.class, () -> codec.requestId(new byte[] {0x22, 0x00}));
    InvariantViolation unknown =
        assertThrows(
            InvariantViolation.class,
            () -> codec.decode(entry(LogEntry.newBuilder().setHeader(LogHeader.newBuilder()))));
    assertTrue(unknown.getMessage().contains("no command that this version knows"));
  }

  @Test
  void refusesUnknownOperationsAndEnumerationsInsideTransactions() {
    LogTxn.Builder operation = LogTxn.newBuilder().addSuccess(LogOperation.newBuilder());
    assertThrows(
        InvariantViolation.class,
        () -> codec.decode(entry(LogEntry.newBuilder().setTxn(operation))));
    LogTxn.Builder compare =
        LogTxn.newBuilder().addCompare(LogCompare.newBuilder().setTargetValue(17));
    assertThrows(
        InvariantViolation.class, () -> codec.decode(entry(LogEntry.newBuilder().setTxn(compare))));
  }

  @Test
  void readsTransactionsNestedAsDeepAsClientsCanSendThem() {
    Command.Txn txn = new Command.Txn(List.of(), List.of(), List.of());
    for (int depth = 0; depth < 60; depth++) {
      txn = new Command.Txn(List.of(), List.of(txn), List.of());
    }
    Command read = codec.decode(codec.encode(1, txn));
    assertEquals(Commands.describe(txn), Commands.describe(read));
  }

  private static byte[] entry(LogEntry.Builder entry) {
    return entry.build().toByteArray();
  }
}
