package io.holdfast.server.watch;

/**
 * A hub's watches, as of one moment.
 *
 * @param watchers the number of watchers
 * @param slowWatchers the number of watchers that do not keep up
 * @param streams the number of open watch streams
 * @param eventsSent events handed to streams since the start, one for each watcher that got it
 * @param eventsWaiting changes that wait to be handed out together, whether somebody watches or not
 */
public record WatchFigures(
    long watchers, long slowWatchers, long streams, long eventsSent, long eventsWaiting) {}
