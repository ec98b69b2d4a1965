package io.holdfast.driver.internal;

import io.grpc.ManagedChannel;
import io.grpc.okhttp.OkHttpChannelBuilder;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Real channels, over TCP with or without TLS. */
final class OkHttpChannels implements ChannelFactory {
  private final Settings settings;
  // Null in plain text.
  private final TlsSocketFactory tls;

  OkHttpChannels(Settings settings) {
    this.settings = settings;
    this.tls = settings.isTls() ? new TlsSocketFactory(settings) : null;
  }

  @Override
  public ManagedChannel open(HostAndPort endpoint, DriverThreads threads) {
    OkHttpChannelBuilder builder =
        OkHttpChannelBuilder.forAddress(endpoint.host(), endpoint.port());
    if (tls == null) {
      builder.usePlaintext();
    } else {
      builder.useTransportSecurity().sslSocketFactory(tls);
      if (!settings.isHostNameVerified()) {
        builder.hostnameVerifier((name, session) -> true);
      }
    }
    return builder
        // Responses are handled without blocking, so they need no thread of their own.
        .directExecutor()
        .offloadExecutor(threads.transport())
        .transportExecutor(threads.transport())
        .scheduledExecutorService(threads.timer())
        .socketFactory(new TimedSocketFactory(settings.connectTimeout(), !settings.isTls()))
        .keepAliveTime(settings.keepAliveTime().toMillis(), TimeUnit.MILLISECONDS)
        .keepAliveTimeout(settings.keepAliveTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .keepAliveWithoutCalls(false)
        .maxInboundMessageSize(settings.messageBytesMax())
        .userAgent(userAgent(settings.applicationName()))
        .build();
  }

  private static String userAgent(Optional<String> applicationName) {
    return applicationName.map(name -> name + " ").orElse("") + "holdfast/" + Version.TEXT;
  }
}
