namespace OpsMonitor.Tests.Silo.Local;

/// <summary>The machine's clock, put ahead by as much as a test says. Timers are real.</summary>
internal sealed class SetClock : TimeProvider
{
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;

    /// <summary>From here on the time is this, and runs.</summary>
    public void Set(DateTimeOffset now) => Ahead = now - System.GetUtcNow();

    public long NowMs => GetUtcNow().ToUnixTimeMilliseconds();
}
