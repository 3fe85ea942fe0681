namespace OpsMonitor.Grains.Metrics;

/// <summary>Bytes that are seldom read. They never change, and stand for as long as somebody holds them.</summary>
public abstract class RestingBytes
{
    public abstract byte[] Read();
}

/// <summary>Where bytes rest. Nothing here outlives the process: a start brings them again.</summary>
public interface IShelf
{
    /// <param name="instead">what they take the place of; whoever still holds that may go on reading it</param>
    RestingBytes Put(byte[] bytes, RestingBytes? instead = null);
}

/// <summary>The shelf of whoever has no other: memory.</summary>
public sealed class MemoryShelf : IShelf
{
    public static readonly MemoryShelf One = new();

    public RestingBytes Put(byte[] bytes, RestingBytes? instead = null) => new Held(bytes);

    private sealed class Held(byte[] bytes) : RestingBytes
    {
        public override byte[] Read() => bytes;
    }
}
