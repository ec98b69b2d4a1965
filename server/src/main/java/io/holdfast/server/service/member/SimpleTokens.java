package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.auth.Token;
import io.holdfast.server.auth.TokenBook;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.service.Response;
import java.util.concurrent.CompletionStage;

/** Tokens that say nothing by themselves: members are told of each through the log. */
final class SimpleTokens implements Tokens {
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  private static final int SECRET_LETTERS = 16;

  private final MemberContext member;
  private final CommandPath commands;
  private final TokenBook book;

  SimpleTokens(MemberContext member, CommandPath commands, TokenBook book) {
    this.member = member;
    this.commands = commands;
    this.book = book;
  }

  @Override
  public CompletionStage<Response<String>> assign(String user, long checkedRevision) {
    String secret = secret();
    return commands.execute(
        Caller.ANONYMOUS,
        new Command.Authenticate(user, Token.digest(secret), checkedRevision),
        done -> new Token(secret, ((CommandResult.Authenticate) done).index()).text());
  }

  private String secret() {
    StringBuilder letters = new StringBuilder(SECRET_LETTERS);
    for (int i = 0; i < SECRET_LETTERS; i++) {
      letters.append(LETTERS.charAt(member.environment().random().nextInt(LETTERS.length())));
    }
    return letters.toString();
  }

  /** The revision is read first: a user who changes meanwhile is refused as of an old one. */
  @Override
  public Caller recognize(String token) {
    long revision = member.applier().auth().revision();
    return Token.parse(token)
        .flatMap(known -> book.use(known.key(), member.nanoTime()))
        .map(user -> new Caller.SignedIn(user, revision))
        .orElseThrow(EtcdError.INVALID_AUTH_TOKEN::asException);
  }

  @Override
  public boolean isAhead(String token) {
    return Token.parse(token)
        .filter(shown -> shown.index() > member.applier().appliedIndex())
        .isPresent();
  }
}
