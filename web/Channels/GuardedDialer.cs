using System.Net;
using System.Net.Sockets;

namespace OpsMonitor.Web.Channels;

/// <summary>The address is not one that a channel may be connected to. Says nothing of what was resolved.</summary>
internal sealed class AddressRefusedException() : IOException("the address is not public and not on the allow list");

/// <summary>
/// The one way by which channels get a connection: resolve, refuse, and connect to the very address that was looked at, so that a name
/// which has another address a moment later leads nowhere.
/// </summary>
/// <param name="allow">as it is set at the moment</param>
internal sealed class GuardedDialer(
    Func<AllowList> allow, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, Func<IPEndPoint, CancellationToken, ValueTask<Stream>>? connect = null)
{
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;
    private readonly Func<IPEndPoint, CancellationToken, ValueTask<Stream>> _connect = connect ?? ConnectAsync;

    /// <exception cref="AddressRefusedException">One of the host's addresses is not public: then none of them is tried.</exception>
    public async ValueTask<Stream> DialAsync(string host, int port, CancellationToken stop)
    {
        var list = allow();
        var name = host.Trim('[', ']');
        var addresses = IPAddress.TryParse(name, out var literal) ? [literal] : await _resolve(name, stop);
        if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
        if (!list.HasName(name, port))
            foreach (var address in addresses)
                if (!AddressGuard.IsPublic(address) && !list.Has(address, port)) throw new AddressRefusedException();
        Exception? failed = null;
        foreach (var address in addresses)
        {
            try { return await _connect(new(address, port), stop); }
            catch (SocketException e) { failed = e; }
        }
        throw failed!;
    }

    private static async ValueTask<Stream> ConnectAsync(IPEndPoint to, CancellationToken stop)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(to, stop);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
