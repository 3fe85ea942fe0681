namespace OpsMonitor.Simulator;

/// <summary>A guarantee was broken: what, and when in virtual time.</summary>
public sealed class ViolationException(string message) : Exception(message);

/// <summary>Interesting situations that came up, by name: a simulator that never meets one proves nothing about it.</summary>
public sealed class Coverage
{
    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    public void Add(string what, long n = 1) => Counts[what] = Counts.GetValueOrDefault(what) + n;

    public void Add(Coverage other)
    {
        foreach (var (what, n) in other.Counts) Add(what, n);
    }
}

/// <summary>
/// Virtual time and the one order of everything that happens. What is due at the same instant comes in an order of chance. Everything noted
/// goes into one hash: the same seed gives the same hash, in any process.
/// </summary>
public sealed class World(ulong seed, long start, Action<string>? trace)
{
    private readonly PriorityQueue<Action, (long At, ulong Tie, long Number)> _due = new();
    private long _number;

    public Dice Dice { get; } = new(seed);

    /// <summary>True time, Unix ms. The server's clock may be wrong.</summary>
    public long Now { get; private set; } = start;

    /// <summary>When the schedule began.</summary>
    public long Start { get; } = start;

    public bool Calm { get; set; }

    public ulong Hash { get; private set; } = 14695981039346656037;

    public Coverage Coverage { get; } = new();

    public void At(long at, Action what) => _due.Enqueue(what, (Math.Max(at, Now), Dice.Next(), _number++));

    public void After(long ms, Action what) => At(Now + ms, what);

    public void RunUntil(long end)
    {
        while (_due.TryPeek(out var what, out var key) && key.At <= end)
        {
            _due.Dequeue();
            Now = key.At;
            what();
        }
        Now = end;
    }

    public void Note(string what, long a = 0, long b = 0)
    {
        foreach (var c in what) Mix(c);
        Mix((ulong)a);
        Mix((ulong)b);
        Mix((ulong)Now);
        trace?.Invoke($"{Now - Start,9} {what} {a} {b}");
    }

    public void Check(bool holds, string guarantee, Func<string> details)
    {
        if (holds) return;
        trace?.Invoke($"{Now - Start,9} VIOLATION {guarantee}: {details()}");
        throw new ViolationException($"{guarantee}: {details()} (at {Now - Start} ms)");
    }

    private void Mix(ulong value) => Hash = (Hash ^ value) * 1099511628211;
}
