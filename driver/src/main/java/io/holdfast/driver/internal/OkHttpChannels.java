package io.holdfast.driver.internal;

import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import io.grpc.okhttp.OkHttpChannelBuilder;
import io.holdfast.driver.DriverProperty;
import io.holdfast.driver.HoldfastException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Real channels, over TCP with or without TLS. */
final class OkHttpChannels implements ChannelFactory {
  private final Settings settings;

  OkHttpChannels(Settings settings) {
    this.settings = settings;
  }

  @Override
  public ManagedChannel open(HostAndPort endpoint, DriverThreads threads) {
    OkHttpChannelBuilder builder =
        settings.isTls()
            ? OkHttpChannelBuilder.forAddress(endpoint.host(), endpoint.port(), credentials())
            : OkHttpChannelBuilder.forAddress(endpoint.host(), endpoint.port()).usePlaintext();
    if (settings.isTls() && !settings.isHostNameVerified()) {
      builder.hostnameVerifier((name, session) -> true);
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

  private ChannelCredentials credentials() {
    TlsChannelCredentials.Builder credentials = TlsChannelCredentials.newBuilder();
    try {
      if (settings.file(DriverProperty.ROOT_CERT).isPresent()) {
        credentials.trustManager(settings.file(DriverProperty.ROOT_CERT).get().toFile());
      }
      if (settings.file(DriverProperty.CERT).isPresent()) {
        credentials.keyManager(
            settings.file(DriverProperty.CERT).get().toFile(),
            settings.file(DriverProperty.KEY).orElseThrow().toFile());
      }
    } catch (IOException unreadable) {
      throw HoldfastException.invalidArgument(
          "a certificate or key file cannot be read: " + unreadable.getMessage());
    }
    return credentials.build();
  }
}
