namespace OpsMonitor.Tests.Silo.Local;

/// <summary>The machine's clock, put ahead by as much as a test says. Timers are real.</summary>
internal sealed class SetClock : TimeProvider
{
    private DateTimeOffset? _still;

    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => _still ?? System.GetUtcNow() + Ahead;

    /// <summary>From here on the time is this, and runs.</summary>
    public void Set(DateTimeOffset now) => (_still, Ahead) = (null, now - System.GetUtcNow());

    /// <summary>From here on the time is this and stands: nothing falls due while a test compares, however busy the machine is.</summary>
    public void Stop(DateTimeOffset now) => _still = now;

    public long NowMs => GetUtcNow().ToUnixTimeMilliseconds();
}
