/** Signing in by a password, another service, or the admin token: as a page of its own, or above the page. */

import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ApiError, type Credentials, signIn, signInWays } from '../api/client.ts'
import { signedInKey } from '../api/queries.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Logo } from '../ui/logo.tsx'
import './sign-in.css'

export function SignInCard(): ReactNode {
  const fault = faultOf(new URLSearchParams(location.search))
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Logo />
        <h1>Sign in</h1>
        {fault !== undefined && <p role="alert">{fault}</p>}
        <SignInForm />
      </div>
    </main>
  )
}

export function SignInDialog(): ReactNode {
  return (
    <Dialog
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="Your session has ended"
    >
      <SignInForm />
    </Dialog>
  )
}

/** What the address says of a sign-in that has just failed. */
function faultOf(search: URLSearchParams): string | undefined {
  if (search.get('link') === 'used') return 'This link was used already or is too old.'
  const code = search.get('sign-in')
  if (code === 'permission_denied') return 'You are known there, but none of your groups has a role here.'
  return code === null ? undefined : 'Signing in did not work. Try again.'
}

function SignInForm(): ReactNode {
  const ways = useQuery({ queryKey: ['sign-in-ways'], queryFn: signInWays, staleTime: 60_000 })
  const [isByToken, setByToken] = useState(false)
  const { password = false, oidc } = ways.data ?? {}
  if (ways.isPending) return null
  const hasOthers = password || oidc !== undefined
  return (
    <div className="stack">
      {oidc !== undefined && (
        <Button component="a" href="/admin/v1/session/oidc" size="sm">
          Continue with {oidc}
        </Button>
      )}
      {hasOthers && !isByToken ? password && <PasswordForm /> : <TokenForm />}
      {hasOthers && (
        <Button variant="subtle" size="xs" onClick={() => setByToken(!isByToken)}>
          {isByToken ? 'Sign in as a person instead' : 'Use the admin token instead'}
        </Button>
      )}
    </div>
  )
}

function PasswordForm(): ReactNode {
  const attempt = useAttempt()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        attempt.mutate({ email: email.trim(), password })
      }}
    >
      <TextInput
        name="email"
        type="email"
        label="E-mail"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
        autoComplete="username"
        data-autofocus
        autoFocus
        required
      />
      <PasswordInput
        name="password"
        label="Password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={attempt.error && messageOf(attempt.error)}
        autoComplete="current-password"
        required
      />
      <Button type="submit" size="sm" loading={attempt.isPending}>
        Sign in
      </Button>
    </form>
  )
}

function TokenForm(): ReactNode {
  const attempt = useAttempt()
  const [token, setToken] = useState('')
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        attempt.mutate({ token: token.trim() })
      }}
    >
      <PasswordInput
        name="token"
        label="Admin token"
        description="The one of the configuration, or that of the sign-in link which the start printed."
        value={token}
        onChange={(event) => setToken(event.currentTarget.value)}
        error={attempt.error && messageOf(attempt.error)}
        autoComplete="current-password"
        data-autofocus
        autoFocus
        required
      />
      <Button type="submit" size="sm" loading={attempt.isPending}>
        Sign in
      </Button>
    </form>
  )
}

function useAttempt() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (credentials: Credentials) => signIn(credentials),
    async onSuccess() {
      queries.setQueryData(signedInKey, true)
      await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== signedInKey[0] })
    },
  })
}

function messageOf(error: Error): string {
  if (error instanceof ApiError && error.status === 429) {
    const { retryAfterS } = error
    return retryAfterS === undefined
      ? 'Too many attempts. Try again later.'
      : `Too many attempts. Try again in ${Math.ceil(retryAfterS / 60)} min.`
  }
  return 'That did not work. Check and try again.'
}
