namespace OpsMonitor.Silo.Orleans.Node;

/// <summary>A node that starts asks a cluster that may be busy with losing another: it asks again, for a while.</summary>
internal static class Attempt
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2), Pause = TimeSpan.FromMilliseconds(250);

    public static async Task<T> Until<T>(Func<Task<T>> ask, CancellationToken stop)
    {
        for (var since = Environment.TickCount64; ; await Task.Delay(Pause, stop))
        {
            try { return await ask(); }
            catch (Exception fault) when (fault is TimeoutException or OrleansException && Environment.TickCount64 - since < Patience.TotalMilliseconds) { }
        }
    }
}
