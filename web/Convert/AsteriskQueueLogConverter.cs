using NodaTime;

namespace OpsMonitor.Web.Conversion;

/// <summary>Asterisk's queue_log, native or exported with local times, and XiVO's additions to it. Rules: docs/converters.md.</summary>
public sealed class AsteriskQueueLogConverter : ILogConverter
{
    public const string SourceName = "asterisk-queue-log";

    public string Name => SourceName;

    public IEnumerable<CloudEvent> Convert(TextReader input, DateTimeZone zone)
    {
        var story = new QueueLogStory(Name, zone);
        for (var number = 1; input.ReadLine() is { } text; number++)
            foreach (var e in story.Take(text, number)) yield return e;
    }
}
