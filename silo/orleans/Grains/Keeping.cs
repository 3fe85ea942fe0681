namespace OpsMonitor.Silo.Orleans.Grains;

internal static class Keeping
{
    /// <summary>For who calls an activation that gave up: what it holds may not be durable, and the next one reads what is.</summary>
    public static OrleansException GaveUp() => new("this activation gave up, for what it held may not be durable; ask again");

    /// <summary>Makes a state durable, or gives this activation up: what it holds may then not be what the storage has.</summary>
    /// <exception cref="OrleansException">The storage refused (an ETag of another activation) or failed.</exception>
    public static async Task Keep<T>(this IGrainBase grain, IPersistentState<T> stored)
    {
        try { await stored.WriteStateAsync(); }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            grain.DeactivateOnIdle();
            if (fault is OrleansException) throw;
            throw new OrleansException($"the storage failed: {fault.GetType().Name}: {fault.Message}"); // a provider's own exception is not known on every silo
        }
    }
}
